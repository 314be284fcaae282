/*
 * The camera of this machine, on as long as it is shown.
 */

import { element } from "./elements.js";

/** Of a photo that is kept: far more than these networks take. */
const LONGEST_SIDE = 512;

export class Camera {
  /** @param {string} label of what it sees */
  constructor(label) {
    this.video = element("video", { class: "camera", playsinline: "", muted: "", "aria-label": label });
    this.video.muted = true;
    this.stream = null;
  }

  /** Turn it on; throws if there is none, or it is not allowed. */
  async start() {
    if (this.stream !== null) return;
    this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  stop() {
    if (this.stream === null) return;
    for (const track of this.stream.getTracks()) track.stop();
    this.video.srcObject = null;
    this.stream = null;
  }

  /** What it sees now, on a canvas; null while it sees nothing. */
  photograph() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return null;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const canvas = element("canvas", { width: Math.round(scale * width), height: Math.round(scale * height) });
    canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
}
