// SPDX-License-Identifier: Apache-2.0
// Fields of images. A part of core/config/fields.h.
#pragma once

#include <candor/config/images.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"

namespace candor {

CANDOR_ENUM_NAMES(ResizeMode, "squash", "crop");
CANDOR_ENUM_NAMES(Interpolation, "bilinear", "bicubic");
CANDOR_ENUM_NAMES(CropPadding, "zero", "reflect");

template <class V>
void fields(V& v, ImageColumns& c) {
  v(Field("path", "column of the file names, which are relative to the table's folder"), c.path);
  v(Field("label", "column of the classes"), c.label);
}

template <class V>
void fields(V& v, ImageData& c) {
  v(Field(
        "files",
        "folders of class folders, tar archives of them (photos.tar.xz#train: a folder inside), or "
        "tables of paths and labels; relative to this file")
        .must(),
    c.files);
  v(Field("columns", "where data.files names tables"), c.columns);
  v(Field("memory", "decoded pixels kept in memory; images beyond are decoded for every batch")
        .range(0, 1e7)
        .in("MiB"),
    c.memory);
  v(Field("size", "height and width that the model sees").range(4, 1024).in("pixels"), c.size);
  v(Field("resize", "squash: the whole picture; crop: the largest square in its middle"), c.resize);
  v(Field("interpolation", "of the resize; both antialiased"), c.interpolation);
  v(Field(
        "scaled_decoding",
        "decode a JPEG at 1/2, 1/4 or 1/8 where that is not below size, and resize brightness and "
        "colours before they become RGB: faster, and pixels differ a little"),
    c.scaled_decoding);
  v(Field("split", "parts taken from the training folder"), c.split);
  v(Field("max_bad_fraction", "images that cannot be read, at most; more ends the run").range(0, 1),
    c.max_bad_fraction);
  v(Field("groups", "columns of such tables by whose values the report is broken down"), c.groups);
}

template <class V>
void fields(V& v, ResizedCropConfig& c) {
  v(Field("min_area", "smallest part, as a share of the picture").above(0, 1), c.min_area);
  v(Field("max_area", "largest part").above(0, 1), c.max_area);
  v(Field("max_aspect", "longer side / shorter side of the part, at most").range(1, 100),
    c.max_aspect);
}

template <class V>
void fields(V& v, JitterConfig& c) {
  v(Field("brightness", "factor from [max(0, 1 - x), 1 + x]").range(0, 10), c.brightness);
  v(Field("contrast", "factor from [max(0, 1 - x), 1 + x]").range(0, 10), c.contrast);
  v(Field("saturation", "factor from [max(0, 1 - x), 1 + x]").range(0, 10), c.saturation);
  v(Field("hue", "turn of the hue, at most, as a share of the full circle").range(0, 0.5), c.hue);
}

template <class V>
void fields(V& v, EraseConfig& c) {
  v(Field("probability", "of a rectangle being painted black").range(0, 1), c.probability);
  v(Field("min_area", "smallest rectangle, as a share of the image").above(0, 1), c.min_area);
  v(Field("max_area", "largest rectangle").above(0, 1), c.max_area);
  v(Field("max_aspect", "longer side / shorter side, at most").range(1, 100), c.max_aspect);
}

template <class V>
void fields(V& v, RandAugmentConfig& c) {
  v(Field("operations", "how many, one after the other").range(1, 14), c.operations);
  v(Field("magnitude", "how strong").range(0, 30), c.magnitude);
}

template <class V>
void fields(V& v, MixupConfig& c) {
  v(Field("alpha", "shares from Beta(alpha, alpha)").above(0, 100), c.alpha);
}

template <class V>
void fields(V& v, CutmixConfig& c) {
  v(Field("alpha", "shares from Beta(alpha, alpha)").above(0, 100), c.alpha);
}

template <class V>
void fields(V& v, ProgressiveResizeConfig& c) {
  v(Field("size", "height and width in the first epoch").range(4, 4096).in("pixels"), c.size);
  v(Field("epochs", "that train on smaller images; the side grows evenly to data.size behind them")
        .range(1, 1000000),
    c.epochs);
}

template <class V>
void fields(V& v, AugmentConfig& c) {
  v(Field("crop", "padding on each side before a random crop").range(0, 512).in("pixels"), c.crop);
  v(Field("padding", "zero: black; reflect: the image mirrored at its edge"), c.padding);
  v(Field("flip", "mirror left to right in every other epoch, of draws with probability 1/2"),
    c.flip);
  v(Field("rotate", "random rotation by at most this angle").range(0, 180).in("degrees"), c.rotate);
  v(Field("vertical_flip", "turn upside down with probability 1/2"), c.vertical_flip);
  v(Field("resized_crop", "a random part of the picture, resized; null: as data.resize says"),
    c.resized_crop);
  v(Field("jitter", "random brightness, contrast, saturation and hue, in random order; null: none"),
    c.jitter);
  v(Field("erase", "a random rectangle painted black; null: none"), c.erase);
  v(Field("rand_augment", "RandAugment: random operations of one strength; null: none"),
    c.rand_augment);
  v(Field("mixup", "mix each image and its label with another of the batch; null: none"), c.mixup);
  v(Field("cutmix",
          "put a part of another image of the batch into each, labels by area; null: none"),
    c.cutmix);
  v(Field("progressive_resize",
          "train on smaller images in the first epochs, which costs less; null: never"),
    c.progressive_resize);
}

}  // namespace candor
