// Says so when the page did not start. Old browsers run this too, so it is written in the
// JavaScript that they know. Modules run before the load event; one that failed never started.
window.addEventListener('load', function () {
  var root = document.documentElement;
  if (root.hasAttribute('data-started')) return;
  var isModern =
    'noModule' in document.createElement('script') &&
    'VideoFrame' in window &&
    'OffscreenCanvas' in window &&
    'HTMLDialogElement' in window;
  root.className += isModern ? ' is-incomplete' : ' is-too-old';
});
