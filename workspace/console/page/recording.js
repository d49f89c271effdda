/** Recording from the microphone, as a WAV file of 16 kHz, mono, 16 bit: what recognisers read. */

import { element, replace } from "./dom.js";
import { tell, text } from "./language.js";

const RATE = 16000;

/** A button that records and stops; null where the browser has no microphone to offer. @param {(sound: Blob, filename: string) => void} take */
export function recordButton(take) {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return null;
  const label = element("span", {}, text("record"));
  const problem = element("span", { class: "problem", role: "alert" });
  const button = element(
    "button",
    { type: "button", class: "record", "aria-pressed": "false", onclick: press },
    element("span", { class: "dot", "aria-hidden": "true" }),
    label,
  );
  /** @type {MediaRecorder | null} */
  let recorder = null;
  let busy = false;
  let seconds = 0;
  let clock = 0;

  async function press() {
    if (recorder?.state === "recording") return recorder.stop();
    if (busy) return;
    busy = true;
    replace(problem);
    try {
      await record(await navigator.mediaDevices.getUserMedia({ audio: true }));
    } catch (error) {
      busy = false;
      replace(problem, text(error.name === "NotAllowedError" ? "microphone_refused" : "microphone_failed"));
    }
  }

  async function record(stream) {
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = async () => {
      clearInterval(clock);
      for (const track of stream.getTracks()) track.stop();
      const sound = new Blob(parts, { type: recorder.mimeType });
      busy = false;
      replace(label, text("record"));
      button.setAttribute("aria-pressed", "false");
      try {
        take(await asWav(sound), `${tell("recording")}.wav`);
      } catch {
        replace(problem, text("microphone_failed"));
      }
    };
    recorder.start();
    button.setAttribute("aria-pressed", "true");
    seconds = 0;
    replace(label, () => tell("stop_recording", { seconds }));
    clock = setInterval(() => {
      seconds += 1;
      replace(label, () => tell("stop_recording", { seconds }));
    }, 1000);
  }

  return element("span", { class: "recorder" }, button, problem);
}

/** @param {Blob} sound in a format that the browser decodes */
async function asWav(sound) {
  const decoding = new AudioContext();
  const decoded = await decoding.decodeAudioData(await sound.arrayBuffer());
  decoding.close();
  const resampling = new OfflineAudioContext(1, Math.max(1, Math.ceil(decoded.duration * RATE)), RATE);
  const source = resampling.createBufferSource();
  source.buffer = decoded;
  source.connect(resampling.destination);
  source.start();
  return wav((await resampling.startRendering()).getChannelData(0));
}

/** RIFF/WAVE, PCM. @param {Float32Array} samples from -1 to 1 */
function wav(samples) {
  const bytes = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const ascii = (at, letters) =>
    [...letters].forEach((letter, place) => bytes.setUint8(at + place, letter.charCodeAt(0)));
  ascii(0, "RIFF");
  bytes.setUint32(4, 36 + samples.length * 2, true);
  ascii(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true); // PCM
  bytes.setUint16(22, 1, true); // channels
  bytes.setUint32(24, RATE, true);
  bytes.setUint32(28, RATE * 2, true); // bytes a second
  bytes.setUint16(32, 2, true); // bytes a sample of all channels
  bytes.setUint16(34, 16, true); // bits a sample
  ascii(36, "data");
  bytes.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, place) => {
    const level = Math.max(-1, Math.min(1, sample));
    bytes.setInt16(44 + place * 2, level < 0 ? level * 0x8000 : level * 0x7fff, true);
  });
  return new Blob([bytes.buffer], { type: "audio/wav" });
}
