#!/usr/bin/env bash
# Runs the module's own test in a real 3D Slicer, with and without a main window:
#   Testing/slicer_application/smoke.sh PATH/TO/Slicer
set -euo pipefail
slicer=$1
module=$(cd "$(dirname "$0")/../../WMHSiameseSeg" && pwd)
run="import slicer.testing; slicer.testing.runUnitTest(['$module'], 'WMHSiameseSeg')"
for window in "" --no-main-window; do
  # shellcheck disable=SC2086 # no word where there is no option
  timeout 900 "$slicer" --testing --no-splash $window --ignore-slicerrc \
    --additional-module-paths "$module" \
    --python-code "import slicer.util; slicer.util.selectModule('WMHSiameseSeg') if slicer.util.mainWindow() else None; $run"
done
echo "The module's own test passed with and without a main window."
