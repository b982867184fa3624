#!/usr/bin/env bash
# Sourced: which model each program of tests/cpp/paddle/demos runs, and how its numbers are compared.

# for_each_model PROGRAM COMMAND: calls COMMAND PROGRAM MODEL PARAMS as a check for Paddle 2's and Paddle 3's files.
for_each_model() {
  local network models=$PWD/tests/cpp/paddle/models
  case $1 in
    clones | pool | share) network=resnet ;;
    *) network=$1 ;;
  esac
  check "$1 on $network.pdmodel" "$2" "$1" "$models/paddle2/$network.pdmodel" "$models/paddle2/$network.pdiparams"
  check "$1 on $network.json" "$2" "$1" "$models/paddle3/$network.json" "$models/paddle3/$network.pdiparams"
}

# same_numbers EXPECTED GOT: the same words; numbers may differ by 1e-5, or by that part of themselves.
same_numbers() {
  awk '
    function number(word) { return word ~ /^-?[0-9]+(\.[0-9]*)?(e[-+]?[0-9]+)?$/ }
    function complain(text) { print FILENAME ", line " FNR ": " text; bad = 1 }
    NR == FNR { expected[FNR] = $0; lines = FNR; next }
    {
      seen = FNR
      count = split(expected[FNR], words, " ")
      if (count != NF) { complain("expected " count " words, got " NF); next }
      for (i = 1; i <= NF; i++) {
        if ($i == words[i]) continue
        if (!number($i) || !number(words[i])) { complain("expected " words[i] ", got " $i); continue }
        difference = $i - words[i]; if (difference < 0) difference = -difference
        size = words[i] < 0 ? -words[i] : words[i] + 0
        if (difference > 1e-5 * (size > 1 ? size : 1)) complain("expected " words[i] ", got " $i)
      }
    }
    END { if (lines == 0 || seen != lines) { print "expected " lines " lines, got " seen + 0; bad = 1 }; exit bad }
  ' "$1" "$2"
}
