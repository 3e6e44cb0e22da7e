// SPDX-License-Identifier: Apache-2.0
// What candor reads of EXIF: which way up.
#pragma once

#include <string_view>

namespace candor {

// Orientation 1 to 8 (tag 274 of the first directory, TIFF 6.0 section 8) of a TIFF block, that is
// EXIF without its "Exif\0\0"; 1, upright, when there is none or the block is damaged.
int exif_orientation(std::string_view tiff);

// The same of a JPEG's APP1 segment, which begins with "Exif\0\0"; 1 for other segments.
int app1_orientation(std::string_view segment);

}  // namespace candor
