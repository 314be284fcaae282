/*
 * The layers' feature maps: a grid for each layer, and one map enlarged.
 */

/** Of a layer, so many maps are shown, and so many units of a dense layer. */
const MOST_MAPS = 64;
const MOST_UNITS = 256;

class MapsView {
  constructor() {
    this.layers = [];
    this.cards = [];
    this.open = null;
    this.dialog = byId("map-dialog");
    byId("map-previous").addEventListener("click", () => this.turn(-1));
    byId("map-next").addEventListener("click", () => this.turn(1));
    byId("map-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("keydown", (event) => {
      const turn = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
      if (turn === undefined || this.open === null) return;
      event.preventDefault();
      this.turn(turn);
    });
    this.dialog.addEventListener("close", () => {
      this.open = null;
    });
  }

  /** Show nothing. */
  clear() {
    this.layers = [];
    this.cards = [];
    byId("layers").replaceChildren();
    byId("maps-later").hidden = false;
  }

  /**
   * @param {{name: string, kind: string, shape: number[], data: Float32Array}[]} maps in the order of
   *   the layers; the name ends with the module, `convolution 2 (features.3)`, and the shape is
   *   [channels, height, width]
   */
  show(maps) {
    const seen = {};
    this.layers = maps.map(({ name, kind, shape, data }) => {
      seen[kind] = (seen[kind] ?? 0) + 1;
      const module = /\((.+)\)$/.exec(name)?.[1] ?? name;
      return { kind, number: seen[kind], module, data, ...mapGrid(shape), extent: extentOf(data) };
    });
    byId("maps-later").hidden = true;
    if (this.cards.length !== this.layers.length) this.makeCards();
    this.layers.forEach((layer, index) => {
      paintMaps(this.cards[index], layer.data, { ...layer, first: 0, count: layer.shown }, layer.extent);
    });
    if (this.open !== null) this.enlarge();
  }

  makeCards() {
    this.cards = this.layers.map(() => element("canvas", { "aria-hidden": "true" }));
    byId("layers").replaceChildren(
      ...this.layers.map((layer, index) => {
        const name = element("span", { class: "layer-name" });
        writeWith(name, "name", () => {
          name.textContent = this.nameOf(layer);
        });
        const module = element("span", { class: "layer-module", title: layer.module }, layer.module);
        const size = element("span", { class: "layer-size" });
        const button = element("button", { type: "button", class: "layer" }, this.cards[index], name, size, module);
        writeWith(size, "size", () => {
          const hidden = layer.count > layer.shown ? `, ${translate("maps_shown", layer)}` : "";
          size.textContent = this.sizeOf(layer) + hidden;
        });
        writeAttribute(button, "aria-label", "enlarge", { name: () => this.nameOf(layer), size: () => this.sizeOf(layer) });
        button.addEventListener("click", (event) => this.openLayer(index, event));
        return element("li", {}, button);
      }),
    );
  }

  /** `Convolution 2` */
  nameOf({ kind, number }) {
    return hasText(`layer.${kind}`) ? translate(`layer.${kind}`, { number }) : `${kind} ${number}`;
  }

  sizeOf(layer) {
    if (layer.isUnits) return translate("layer_units", layer);
    return translate(layer.count === 1 ? "layer_map" : "layer_maps", layer);
  }

  /** Enlarge the map that was clicked; by keyboard, the first one. */
  openLayer(index, event) {
    const layer = this.layers[index];
    const box = this.cards[index].getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * layer.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * Math.ceil(layer.shown / layer.columns));
    const map = row * layer.columns + column;
    const isInside = event.detail > 0 && row >= 0 && column >= 0 && column < layer.columns && map < layer.shown;
    this.open = { index, map: isInside ? map : 0 };
    this.enlarge();
    this.dialog.showModal();
  }

  get columns() {
    return this.layers[this.open.index].columns;
  }

  turn(by) {
    const { count } = this.layers[this.open.index];
    this.open.map = (((this.open.map + by) % count) + count) % count;
    this.enlarge();
  }

  enlarge() {
    const { index, map } = this.open;
    const layer = this.layers[index];
    const area = layer.height * layer.width;
    const own = extentOf(layer.data.subarray(map * area, (map + 1) * area));
    paintMaps(byId("map-large"), layer.data, { ...layer, first: map, count: 1, columns: 1 }, layer.extent);
    writeWith(byId("map-title"), "name", () => {
      byId("map-title").textContent = this.nameOf(layer);
    });
    write(byId("map-number"), "map_number", { number: map + 1, count: layer.count });
    write(byId("map-range"), layer.isUnits ? "unit_value" : "map_range", {
      low: formatValue(own.low),
      high: formatValue(own.high),
      layer_low: formatValue(layer.extent.low),
      layer_high: formatValue(layer.extent.high),
    });
  }
}

/** How the maps of a shape are laid out: {count, height, width, isUnits, shown, columns}. */
function mapGrid(shape) {
  const [count, height, width] = shape;
  const isUnits = height * width === 1;
  const shown = Math.min(count, isUnits ? MOST_UNITS : MOST_MAPS);
  // Grids of about the same shape, whatever the maps' own.
  const wide = isUnits ? 16 : Math.ceil(Math.sqrt((shown * height) / width));
  return { count, height, width, isUnits, shown, columns: Math.max(1, Math.min(shown, wide)) };
}
