/**
 * Waits for a camera that was unplugged.
 *
 * Its track ends and, before or after that, the list of devices changes. A camera that is still in
 * the list was taken away for another reason, such as a permission that was withdrawn: only one
 * that was seen to be missing counts as back.
 *
 * @param {string} deviceId
 * @param {() => void} onBack  once
 * @param {Pick<MediaDevices, 'enumerateDevices' | 'addEventListener'>} [devices]
 * @returns {() => void} waits no more
 */
export function awaitCamera(deviceId, onBack, devices = navigator.mediaDevices) {
  const watch = new AbortController();
  let wasMissing = false;
  const look = async () => {
    const list = await devices.enumerateDevices();
    if (watch.signal.aborted) return;
    const isThere = list.some((each) => each.kind === 'videoinput' && each.deviceId === deviceId);
    if (!isThere) wasMissing = true;
    else if (wasMissing) {
      watch.abort();
      onBack();
    }
  };
  // A list that cannot be had says nothing: the visitor can still turn the camera on.
  const lookAgain = () => look().catch(() => {});
  devices.addEventListener('devicechange', lookAgain, { signal: watch.signal });
  lookAgain();
  return () => watch.abort();
}
