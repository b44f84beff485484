/**
 * The service worker, seen from the page: it isolates the page where the host sends no headers,
 * and keeps the site for visits without a network. Everything works without it, too.
 */

import { byId } from './dom.js';

/** Set before the one reload that isolation may cost: never twice in a tab. */
const RELOADED = 'livematte.reloaded';
/** A worker that is not there by then comes into play at the next visit. */
const PATIENCE_MS = 8000;
/** After the first picture, so that nothing takes time from it. */
const KEEP_AFTER_MS = 2000;

export class Offline {
  #script;
  /** @type {Promise<ServiceWorkerRegistration | null>} */
  #registration = Promise.resolve(null);
  #isAsked = false;

  /** @param {URL} siteRoot */
  constructor(siteRoot) {
    this.#script = new URL('service-worker.js', siteRoot);
  }

  /** Registers the worker and, where it can help, has the page isolated by one reload. */
  async start() {
    this.#registration = this.#register();
    const registration = await this.#registration;
    if (!registration || !couldBeIsolated()) return;
    if (await isControlled()) reloadOnce();
  }

  /** Keeps the site once the picture runs: most of it has been loaded by then. */
  keepLater() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    setTimeout(async () => {
      byId('offline', HTMLElement).hidden = !(await this.keep());
    }, KEEP_AFTER_MS);
  }

  /**
   * Keeps the site on this machine; called once there is nothing better to do.
   * @returns {Promise<boolean>} whether the page opens without a network from now on
   */
  async keep() {
    const registration = await this.#registration;
    if (!registration) return false;
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
    });
    active?.postMessage({ type: 'keep' }, [port2]);
    const { isKept, reason } = await answer;
    if (!isKept) console.info('not kept for visits without a network:', reason);
    return isKept;
  }

  async #register() {
    if (!('serviceWorker' in navigator) || isLiveReloaded()) return null;
    try {
      const found = await navigator.serviceWorker.register(this.#script, {
        updateViaCache: 'none',
      });
      return found ?? null; // some browsers answer with nothing where it is switched off
    } catch (error) {
      console.info('no service worker:', error); // a private window, a policy
      return null;
    }
  }
}

/** The dev server's page follows its builds itself; a kept one would stand in the way. */
function isLiveReloaded() {
  return document.querySelector('script[src^="/__livematte__/"]') !== null;
}

/** A frame is isolated by its parent or not at all. */
function couldBeIsolated() {
  return !crossOriginIsolated && window === window.top;
}

/** @returns {Promise<boolean>} whether the worker answers this page's requests */
function isControlled() {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return Promise.resolve(true);
  return new Promise((resolve) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(true), { once: true });
    setTimeout(() => resolve(false), PATIENCE_MS);
  });
}

/** Not under the hands of a visitor, and not where nothing can be noted: that could go on for ever. */
function reloadOnce() {
  if (navigator.userActivation?.hasBeenActive) return;
  try {
    if (sessionStorage.getItem(RELOADED)) return;
    sessionStorage.setItem(RELOADED, new Date().toISOString());
  } catch {
    return;
  }
  location.reload();
}
