/**
 * Loads the page again after a build. The address of this script names the build that the page
 * belongs to; the dev server tells the current one.
 */

const generation = new URL(import.meta.url).searchParams.get('generation');

/** @type {EventSource | undefined} */
let events;

function listen() {
  if (events || document.hidden) return;
  events = new EventSource('/__livematte__/events');
  events.onmessage = ({ data }) => {
    if (data !== generation) location.reload();
  };
}

function stop() {
  events?.close();
  events = undefined;
}

// A browser opens six connections to one origin: hidden tabs must not hold them all.
document.addEventListener('visibilitychange', () => (document.hidden ? stop() : listen()));
addEventListener('pagehide', stop);
addEventListener('pageshow', listen);
listen();
