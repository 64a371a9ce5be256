// A poster for each stream, drawn from its id: the same stream always has the same one.

import { hash } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 180;

/** ground, low, high, light */
const PALETTES = [
  ["#12332b", "#1f5c4a", "#f0b94a", "#f4e9d0"],
  ["#3b1414", "#8c2f26", "#f08a5d", "#f7dcc0"],
  ["#14213d", "#2f4b7c", "#f0b94a", "#e8e3d3"],
  ["#2b1633", "#6b2f6b", "#f28482", "#f6e0d0"],
  ["#0c2f38", "#1f7a8c", "#e9c46a", "#e6efe9"],
  ["#2d1f12", "#7a4a1f", "#e9a23b", "#f3e2c4"],
];

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function sun([, low, high, light], seed) {
  const x = WIDTH * (0.3 + (seed % 5) * 0.1);
  const y = HEIGHT * 0.98;
  const shapes = [];
  const rays = 18;
  for (let i = 0; i < rays; i += 1) {
    const [from, to] = [(Math.PI * (2 * i)) / (2 * rays), (Math.PI * (2 * i + 1)) / (2 * rays)];
    const at = (angle) => `${x - 400 * Math.cos(angle)},${y - 400 * Math.sin(angle)}`;
    shapes.push(shape("polygon", { points: `${x},${y} ${at(from)} ${at(to)}`, fill: low }));
  }
  shapes.push(shape("circle", { cx: x, cy: y, r: 66, fill: high }));
  shapes.push(shape("circle", { cx: x, cy: y, r: 42, fill: light }));
  return shapes;
}

function arcs([ground, low, high, light], seed) {
  const x = seed % 2 ? WIDTH * 0.9 : WIDTH * 0.1;
  const y = (seed >> 1) % 2 ? 0 : HEIGHT;
  const rings = [low, ground, low, ground, high, ground, light];
  return rings.map((fill, i) => shape("circle", { cx: x, cy: y, r: 238 - i * 32, fill }));
}

function waves([, low, high, light], seed) {
  const line = (level, height, fill, phase) => {
    let path = `M0 ${HEIGHT}`;
    for (let x = 0; x <= WIDTH; x += 8) {
      path += `L${x} ${(level + height * Math.sin(x / 38 + phase)).toFixed(1)}`;
    }
    return shape("path", { d: `${path}L${WIDTH} ${HEIGHT}Z`, fill });
  };
  const phase = seed % 7;
  return [
    shape("circle", { cx: 60 + (seed % 4) * 60, cy: 62, r: 30, fill: light }),
    line(92, 16, low, phase),
    line(122, 13, high, phase + 2.2),
    line(150, 9, low, phase + 4.1),
  ];
}

function pipes([, low, high, light], seed) {
  const shapes = [];
  for (let i = 0; i < 16; i += 1) {
    const height = 88 + 34 * Math.sin(i * 0.83 + seed) + 26 * Math.sin(i * 2.1 + seed / 3);
    const fill = i % 5 === 2 ? high : i % 7 === 4 ? light : low;
    shapes.push(
      shape("rect", { x: 8 + i * 19.4, y: HEIGHT - height, width: 13, height: 200, rx: 6.5, fill }),
    );
  }
  return shapes;
}

const MOTIFS = [sun, arcs, waves, pipes];

/** Draw the poster of a stream into an element, in place of what it holds. */
export function drawPoster(element, streamId) {
  const seed = hash(streamId);
  const palette = PALETTES[seed % PALETTES.length];
  const motif = MOTIFS[(seed >>> 8) % MOTIFS.length];
  const svg = shape("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "xMidYMid slice",
    "aria-hidden": "true",
  });
  svg.append(shape("rect", { width: WIDTH, height: HEIGHT, fill: palette[0] }));
  svg.append(...motif(palette, seed >>> 12));
  element.replaceChildren(svg);
}
