#!/usr/bin/env bash
# A sweep on a Slurm cluster whose nodes may not connect to each other. `slurm-parts.sh SPEC [PARTS]` submits an array in which each
# task does a part of the fits in a store of its own, and a job that merges the stores and finishes the sweep. When these jobs have
# ended and some ran out of time, run it again with the same number of parts: they go on where they were.
set -euo pipefail
folder=${FLOWSWEEP_FOLDER:-$HOME/flowsweep} # on the disk that all nodes share

# keep does a sweep on a store on the local disk, as SQLite needs one. It starts from the copy on the shared disk, which it renews
# every 15 minutes and at the end.
keep() {
  local copy=$1 here from saver child code=0
  shift
  here=$(mktemp -d "${TMPDIR:-/tmp}/flowsweep.XXXXXX")
  from=$copy
  [ -d "$from" ] || from=$copy.old
  [ ! -d "$from" ] || cp -R "$from/." "$here"
  if [ ${#parts[@]} -gt 0 ]; then flowsweep db merge "${parts[@]}" --db "$here/runs.db"; fi
  (
    trap 'kill $! 2> /dev/null; exit' TERM
    while true; do
      sleep 900 > /dev/null 2>&1 & wait $!
      save "$here" "$copy" || true
    done
  ) &
  saver=$!
  flowsweep sweep "$@" --db "$here/runs.db" &
  child=$!
  trap 'kill -TERM "$child"' TERM
  wait "$child" || code=$?
  while kill -0 "$child" 2> /dev/null; do # the signal ended the wait, not yet the sweep
    code=0
    wait "$child" || code=$?
  done
  kill "$saver"
  wait "$saver" || true
  save "$here" "$copy"
  rm -rf "$here"
  return "$code"
}

# save copies a store to a folder, of which a whole one is there at every moment. It stops at the first thing that fails.
save() {
  rm -rf "$2.new" && mkdir -p "$2.new" &&
    flowsweep db backup "$2.new/runs.db" --db "$1/runs.db" &&
    rm -rf "$2.old" && { [ ! -d "$2" ] || mv "$2" "$2.old"; } &&
    mv "$2.new" "$2"
}

parts=()
case ${1:?give a spec} in
part)
  name=$(basename "$2" .yaml)
  keep "$folder/$name.parts/$SLURM_ARRAY_TASK_ID" "$2" --part "$SLURM_ARRAY_TASK_ID/$3"
  ;;
merge)
  # What the parts have not done, the sweep does itself.
  name=$(basename "$2" .yaml)
  parts=("$folder/$name.parts"/*[0-9]/runs.db)
  keep "$folder/$name.store" "$2" --out "$folder/$name"
  ;;
*)
  spec=$(realpath "$1") name=$(basename "$1" .yaml) n=${2:-50}
  mkdir -p "$folder/$name.parts"
  # The tasks of an array are parts, with several fits each: arrays often hold no more than 1,000. B: sends TERM to this script, 2
  # minutes before the time is up, as the store must be copied.
  array=$(sbatch --parsable --job-name="part-$name" --array="1-$n" --requeue --signal=B:TERM@120 \
    --time=1-0 --cpus-per-task=4 --mem=4G --output="$folder/$name.part.%a.log" --open-mode=append "$0" part "$spec" "$n")
  # afterany, as a part in which a fit failed ends with an error and is merged like the others.
  sbatch --job-name="merge-$name" --dependency="afterany:$array" --requeue --signal=B:TERM@120 \
    --time=1-0 --cpus-per-task=4 --mem=8G --output="$folder/$name.merge.log" --open-mode=append "$0" merge "$spec"
  ;;
esac
