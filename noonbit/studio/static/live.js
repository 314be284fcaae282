/*
 * <training-frames run="..." language="en">: the layers of a training, as its frames come.
 *
 * It opens the studio's WebSocket of the run, and opens it again when the studio was away. As long as
 * it is open, the training counts as watched.
 */

import { LayersView } from "./layers.js";

const AGAIN_MILLISECONDS = 1000;

class TrainingFrames extends HTMLElement {
  connectedCallback() {
    this.view = new LayersView(this, { language: this.getAttribute("language") });
    this.view.onShow = (wish) => {
      this.wish = JSON.stringify(wish);
      if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(this.wish);
    };
    this.count = 0;
    this.open();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.socket.onclose = null;
    this.socket.close();
    this.view.destroy();
  }

  open() {
    const address = new URL(`/live/${encodeURIComponent(this.getAttribute("run"))}/frames`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      if (this.wish !== undefined) this.socket.send(this.wish);
    };
    this.socket.onmessage = ({ data }) => {
      this.count += 1;
      this.view.show(data);
    };
    this.socket.onclose = () => {
      this.timer = setTimeout(() => this.open(), AGAIN_MILLISECONDS);
    };
  }
}

customElements.define("training-frames", TrainingFrames);
