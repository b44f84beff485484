/**
 * The old background's colour is taken out of the person's edge; the definition, its sources and its
 * numbers are the Python reference's (builder/spill.py).
 *
 * 1. `surePerson` and `sureRoom` are w·rgb and w on a small grid (SHRINK of ./blur.frag.js): of what
 *    is surely person, and of what surely is not. Divided only after they are enlarged, so that a
 *    cell without any weight counts for nothing.
 * 2. Where the pixel's colour lies between the two says how much person it shows.
 * 3. What it lacks is added.
 *
 * `away`, person less room; `ENOUGH`, from which weight on a mean is believed.
 */

/** Ramps of the bent alpha (see ./matte.glsl.js): who is surely person, who surely is not room. */
export const SURE_PERSON = /** @type {const} */ ([0.5, 0.8]);
export const SURE_ROOM = /** @type {const} */ ([0.05, 0.3]);
export const ENOUGH = 1 / 8;

/** The frame's colour where the matte is `a`. */
export const AS_IT_IS = `
uniform sampler2D frame;
vec3 colorOf(vec2 at, float a) {
  return texture(frame, at).rgb;
}`;

export const CLEANED = `
uniform sampler2D frame;
uniform sampler2D surePerson;
uniform sampler2D sureRoom;
uniform float spill;
vec3 colorOf(vec2 at, float a) {
  vec3 rgb = texture(frame, at).rgb;
  vec4 person = texture(surePerson, at);
  vec4 room = texture(sureRoom, at);
  vec3 roomColor = room.rgb / max(room.a, 1.0 / 255.0);
  vec3 away = person.rgb / max(person.a, 1.0 / 255.0) - roomColor;
  float shown = dot(rgb - roomColor, away) / (dot(away, away) + 1.0 / 512.0);
  float sureness = min(1.0, person.a / ${ENOUGH}) * min(1.0, room.a / ${ENOUGH});
  float square = a * a;
  float amount = spill * sureness * (1.0 - square * square) * (1.0 - clamp(shown, 0.0, 1.0));
  return clamp(rgb + amount * away, 0.0, 1.0);
}`;
