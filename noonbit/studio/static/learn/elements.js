/* The drawings of the page Learn, each a custom element with its texts in `data-texts`. */

import { ByhandElement } from "./byhand.js";
import { DropoutElement } from "./dropout.js";
import { GradientCheckElement } from "./gradcheck.js";
import { OneHotElement } from "./one_hot.js";
import { SplitElement } from "./split.js";
import { WindowElement } from "./window.js";

customElements.define("learn-window", WindowElement);
customElements.define("learn-byhand", ByhandElement);
customElements.define("learn-one-hot", OneHotElement);
customElements.define("learn-split", SplitElement);
customElements.define("learn-dropout", DropoutElement);
customElements.define("learn-gradcheck", GradientCheckElement);
