# SPDX-License-Identifier: Apache-2.0
# Holds the folder order of docs/architecture.md: a folder of lib/ may include only itself and folders above it; core never
# includes Torch; programs include public headers and their common part only (some of those without LibTorch also use core).
#   cmake -DROOT=<checkout> -P include_rules.cmake
cmake_minimum_required(VERSION 3.25)
set(order core/base core/config core/schema core/decide core/text core/table core/image core/data core/metrics core/artifact core/predictions core/select core/runs core/http
  core/serve core/inspect core/init engine/tensor engine/nn engine/models engine/preprocess engine/data engine/optim
  engine/checkpoint engine/predict engine/evaluate engine/train engine/select engine/export)
# A type that both halves of a seam speak may be named by folders above it.
set(allowed_anywhere core/schema)
set(faults "")

function(complain file line what)
  set(faults "${faults}\n${file}: ${line}: ${what}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/lib/core/*.h ${ROOT}/lib/core/*.cpp ${ROOT}/lib/engine/*.h
  ${ROOT}/lib/engine/*.cpp ${ROOT}/lib/include/*.h ${ROOT}/apps/*.h ${ROOT}/apps/*.cpp)
list(LENGTH sources count)
if(count LESS 100)
  message(FATAL_ERROR "only ${count} sources found in ${ROOT}: wrong folder?")
endif()
foreach(source ${sources})
  string(REGEX REPLACE "^lib/([a-z]+/[a-z]+)/.*" "\\1" folder ${source})
  list(FIND order ${folder} own)
  file(STRINGS ${ROOT}/${source} includes REGEX "^#include ")
  foreach(line ${includes})
    string(REGEX REPLACE "^#include [<\"]([^>\"]*)[>\"].*" "\\1" header "${line}")
    if(source MATCHES "^(lib/core|lib/include|apps)/" AND header MATCHES "^(torch|ATen|c10)/")
      complain(${source} "${header}" "Torch is not allowed here")
    endif()
    if(source MATCHES "^lib/include/" AND line MATCHES "\"" )
      complain(${source} "${header}" "a public header includes public headers only")
    endif()
    if(source MATCHES "^apps/" AND header MATCHES "^(core|engine)/" AND NOT source MATCHES "^apps/(candor|inspect|init|tokenize|compare)/")
      complain(${source} "${header}" "programs include <candor/...> and \"common/...\" only")
    endif()
    if(header MATCHES "^(core|engine)/" AND source MATCHES "^lib/(core|engine)/.*/")
      string(REGEX REPLACE "^([a-z]+/[a-z]+)/.*" "\\1" target ${header})
      list(FIND order ${target} other)
      if(other EQUAL -1)
        complain(${source} "${header}" "the folder is not in the order of docs/architecture.md")
      elseif(own GREATER_EQUAL 0 AND other GREATER own AND NOT target IN_LIST allowed_anywhere)
        complain(${source} "${header}" "lies below ${folder} in the folder order")
      endif()
    endif()
  endforeach()
endforeach()
if(faults)
  message(FATAL_ERROR "include rules broken:${faults}")
endif()
message(STATUS "${count} files keep the include rules")
