/**
 * A region of the frame at the model's size: the definition of ../sampling/taps.js, pixel by pixel.
 *
 * For each axis, with scale = region / model: beyond 2 the mean over the output's own interval of
 * texels, those at both ends by the share that lies inside; up to 2 bilinear with half-pixel
 * centres. Texels beyond the region count as its last ones.
 *
 * `region` is left, top, right, bottom, 0..1 of the texture: how many texels browsers give to a
 * frame whose pixels are not square differs. Row 0 of the target is the picture's top.
 */
export const REDUCE = `#version 300 es
precision highp float;
precision highp int;
uniform sampler2D frame;
uniform vec4 region;
uniform vec2 modelSize;
out vec4 color;

const float AREA_ABOVE = 2.0;

// Of texel \`at\`, for the interval from start to end.
float weight(float at, float start, float end, bool isArea) {
  if (isArea) return max(0.0, min(end, at + 1.0) - max(start, at));
  return max(0.0, 1.0 - abs(0.5 * (start + end) - 0.5 - at));
}

void main() {
  vec2 size = vec2(textureSize(frame, 0));
  vec2 origin = floor(region.xy * size + 0.5);
  vec2 extent = max(vec2(1.0), floor(region.zw * size + 0.5) - origin);
  vec2 scale = extent / modelSize;
  vec2 start = floor(gl_FragCoord.xy) * scale;
  vec2 end = start + scale;
  bvec2 isArea = greaterThan(scale, vec2(AREA_ABOVE));
  vec2 first = floor(mix(0.5 * (start + end) - 0.5, start, isArea));
  vec2 last = mix(first + 1.0, ceil(end) - 1.0, isArea);
  vec3 sum = vec3(0.0);
  float total = 0.0;
  for (float y = first.y; y <= last.y; y++) {
    float down = weight(y, start.y, end.y, isArea.y);
    for (float x = first.x; x <= last.x; x++) {
      float part = down * weight(x, start.x, end.x, isArea.x);
      vec2 texel = origin + clamp(vec2(x, y), vec2(0.0), extent - 1.0);
      sum += part * texelFetch(frame, ivec2(texel), 0).rgb;
      total += part;
    }
  }
  color = vec4(sum / total, 1.0);
}`;
