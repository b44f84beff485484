/** What ../../shaders/spill.glsl.js says, in WGSL. */
import { ENOUGH, SURE_PERSON, SURE_ROOM } from '../../shaders/spill.glsl.js';

/** The frame's colour where the matte is `a`. */
export const COLOR_OF = `
@group(0) @binding(7) var surePerson: texture_2d<f32>;
@group(0) @binding(8) var sureRoom: texture_2d<f32>;

fn colorOf(at: vec2f, a: f32) -> vec3f {
  let rgb = frameAt(at);
  if (scene.spill == 0.0) {
    return rgb;
  }
  let person = textureSampleLevel(surePerson, filtering, at, 0.0);
  let room = textureSampleLevel(sureRoom, filtering, at, 0.0);
  let roomColor = room.rgb / max(room.a, 1.0 / 255.0);
  let away = person.rgb / max(person.a, 1.0 / 255.0) - roomColor;
  let shown = dot(rgb - roomColor, away) / (dot(away, away) + 1.0 / 512.0);
  let sureness = min(1.0, person.a / ${ENOUGH}) * min(1.0, room.a / ${ENOUGH});
  let square = a * a;
  let amount = scene.spill * sureness * (1.0 - square * square) * (1.0 - saturate(shown));
  return saturate(rgb + amount * away);
}
`;

/** Their first steps: w·rgb and w of a grid cell. Entry points: shrinkPerson, shrinkRoom. */
export const SHRINK_SIDES = `
@fragment
fn shrinkPerson(corner: Corner) -> @location(0) vec4f {
  var sum = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    let at = quarterCorner(corner.uv, i);
    let w = smoothstep(${SURE_PERSON[0]}, ${SURE_PERSON[1]}, bentAlpha(at + 0.25 * scene.cell));
    sum += vec4f(frameMean(at, 0.5 * scene.cell) * w, w);
  }
  return 0.25 * sum;
}

@fragment
fn shrinkRoom(corner: Corner) -> @location(0) vec4f {
  var sum = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    let at = quarterCorner(corner.uv, i);
    let w = 1.0 - smoothstep(${SURE_ROOM[0]}, ${SURE_ROOM[1]}, bentAlpha(at + 0.25 * scene.cell));
    sum += vec4f(frameMean(at, 0.5 * scene.cell) * w, w);
  }
  return 0.25 * sum;
}
`;
