/**
 * What the bench runs inside the built page, ahead of the page's own scripts. It measures the
 * page's own engine through its public API.
 */

{
  const FIRST_FRAMES = 10; // what is compiled at first use has been compiled after these
  const FRAME_LIMIT_MS = 60_000;

  /** @type {{startMs: number, durationMs: number}[]} */
  const longTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      longTasks.push({ startMs: startTime, durationMs: duration });
    }
  }).observe({ type: 'longtask', buffered: true });

  /** Since the navigation began, as a visitor waits. @type {number | null} */
  let firstMatteMs = null;
  const watch = new MutationObserver(() => {
    if (document.querySelector('#frame[data-state="running"]') === null) return;
    firstMatteMs = performance.now();
    watch.disconnect();
  });
  watch.observe(document, { subtree: true, childList: true, attributeFilter: ['data-state'] });

  const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /** The modules that run: a module is loaded once. @returns {Promise<any>} */
  const importApp = () => {
    const script = document.querySelector('script[src$="page/app.js"]');
    if (!(script instanceof HTMLScriptElement)) throw new Error('this page has no page/app.js');
    return import(script.src);
  };

  /** @type {any} the page's engine */
  let matte;
  /** @type {MediaStream} */
  let camera;
  /** @type {string[]} */
  const errors = [];

  /** @param {{model: string, effect: any, width: number, height: number}} wanted */
  async function prepare({ model, effect, width, height }) {
    const { host, player } = await importApp();
    player.stop(); // the demonstration clip, whose decoding takes time
    matte = host.current;
    if (!matte.setGovernor) throw new Error('this site is older than the bench: build it anew');
    matte.on('error', (/** @type {Error} */ error) => errors.push(error.message));
    await matte.ready;
    await matte.setModel(model); // by its name: an automatic choice ends here
    if (effect.kind === 'image') effect.image = picture(width, height);
    matte.setEffect(effect);
    camera = await navigator.mediaDevices.getUserMedia({
      video: { width: { exact: width }, height: { exact: height } },
    });
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  function picture(width, height) {
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const paint = context.createLinearGradient(0, 0, width, height);
    paint.addColorStop(0, '#204080');
    paint.addColorStop(1, '#e0a060');
    context.fillStyle = paint;
    context.fillRect(0, 0, width, height);
    return canvas.transferToImageBitmap();
  }

  /**
   * The camera, as a call would hand it in; governed, as there.
   * @param {number} seconds
   */
  async function live(seconds) {
    matte.setGovernor(true);
    return measure(camera, seconds);
  }

  /**
   * The same camera through a video element that offers the picture it shows again and again:
   * the engine takes a new frame whenever it has room for one. Ungoverned: it is overloaded by
   * intent, and each frame has its whole quality.
   * @param {number} seconds
   */
  async function throughput(seconds) {
    matte.setGovernor(false);
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = camera;
    await video.play();
    // In place of "when the browser presents a frame": as often as a timer comes, every 4 ms.
    Object.assign(video, {
      requestVideoFrameCallback: (/** @type {() => void} */ then) => setTimeout(then, 0),
      cancelVideoFrameCallback: (/** @type {number} */ handle) => clearTimeout(handle),
    });
    try {
      return await measure(video, seconds);
    } finally {
      video.srcObject = null;
    }
  }

  /**
   * @param {MediaStream | HTMLVideoElement} source
   * @param {number} seconds
   */
  async function measure(source, seconds) {
    await matte.attach(source);
    await frames(FIRST_FRAMES);
    await matte.attach(source); // counts and percentiles begin anew
    await frames(1);
    /** @type {{ms: number, frames: number, droppedFrames: number, fps: number, governor: any}[]} */
    const told = [];
    const note = (/** @type {any} */ { frames, droppedFrames, fps, governor }) =>
      told.push({ ms: performance.now(), frames, droppedFrames, fps, governor });
    const since = performance.now();
    const unlisten = matte.on('stats', note);
    while (told.length < 2 || told[told.length - 1].ms - told[0].ms < 1000 * seconds) {
      if (performance.now() - since > 1000 * seconds + FRAME_LIMIT_MS) throw stalled();
      await pause(50);
    }
    unlisten();
    const stats = matte.stats;
    const until = performance.now();
    await pause(100); // long tasks are told late
    return {
      told,
      stats,
      effect: matte.effect.kind,
      longTasks: longTasks.filter(({ startMs }) => startMs >= since && startMs <= until),
    };
  }

  /**
   * What was told before is of the source before.
   * @param {number} count
   */
  async function frames(count) {
    const since = performance.now();
    let seen = 0;
    const unlisten = matte.on('stats', (/** @type {any} */ { frames }) => {
      seen = frames;
    });
    while (seen < count) {
      if (performance.now() - since > FRAME_LIMIT_MS) throw stalled();
      await pause(20);
    }
    unlisten();
  }

  function stalled() {
    return new Error(`no frames come out (${errors.join('; ') || matte.state})`);
  }

  Object.assign(globalThis, {
    livematteBench: {
      get firstMatteMs() {
        return firstMatteMs;
      },
      errors,
      prepare,
      live,
      throughput,
      setEffect: (/** @type {any} */ effect) => matte.setEffect(effect),
    },
  });
}
