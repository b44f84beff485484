/**
 * Frame → model input, [3, height, width] RGB 0..1, by the one definition of how a picture changes
 * its size (../../sampling/taps.js, builder/resample.py): each axis on its own, an exact area
 * average where it shrinks by more than two, else bilinear between pixel centres.
 *
 * Both are a mean over an interval of pixels, the second one over an interval of one pixel's length
 * from the left neighbour's centre on, so there is one loop for both. `frame` is upright and RGB
 * whatever the frame's own format and rotation are.
 */
export const SAMPLE = `
struct Look {
  rect: vec4f,     // x, y, width, height; pixels of the upright picture
  picture: vec2f,  // its size
  size: vec2f,     // of the model's input
}
@group(0) @binding(0) var<uniform> look: Look;
@group(0) @binding(1) var frame: texture_external;
@group(0) @binding(2) var<storage, read_write> planes: array<f32>;

struct Interval {
  start: f32,  // pixels of the frame
  end: f32,
  low: i32,    // the first pixel that may be read, and the last
  high: i32,
}

fn intervalOf(index: u32, origin: f32, sizeIn: f32, sizeOut: f32) -> Interval {
  let scale = sizeIn / sizeOut;
  let low = i32(origin);
  let high = low + i32(sizeIn) - 1;
  if (scale > 2.0) {
    let start = origin + f32(index) * scale;
    return Interval(start, start + scale, low, high);
  }
  let centre = origin + (f32(index) + 0.5) * scale - 0.5;
  return Interval(centre, centre + 1.0, low, high);
}

fn overlap(pixel: i32, interval: Interval) -> f32 {
  return max(0.0, min(interval.end, f32(pixel + 1)) - max(interval.start, f32(pixel)));
}

@compute @workgroup_size(8, 8)
fn sample(@builtin(global_invocation_id) id: vec3u) {
  if (f32(id.x) >= look.size.x || f32(id.y) >= look.size.y) {
    return;
  }
  let across = intervalOf(id.x, look.rect.x, look.rect.z, look.size.x);
  let down = intervalOf(id.y, look.rect.y, look.rect.w, look.size.y);
  // The texture is as large as the picture is shown, which counts wide pixels more than once.
  let unit = vec2f(textureDimensions(frame)) / look.picture;
  var sum = vec3f(0.0);
  for (var y = i32(floor(down.start)); f32(y) < down.end; y++) {
    var row = vec3f(0.0);
    for (var x = i32(floor(across.start)); f32(x) < across.end; x++) {
      let at = vec2i(clamp(x, across.low, across.high), clamp(y, down.low, down.high));
      row += overlap(x, across) * textureLoad(frame, vec2i((vec2f(at) + 0.5) * unit)).rgb;
    }
    sum += overlap(y, down) * row;
  }
  let color = clamp(sum / ((across.end - across.start) * (down.end - down.start)),
                    vec3f(0.0), vec3f(1.0));
  let area = u32(look.size.x) * u32(look.size.y);
  let at = id.y * u32(look.size.x) + id.x;
  planes[at] = color.r;
  planes[at + area] = color.g;
  planes[at + 2 * area] = color.b;
}
`;
