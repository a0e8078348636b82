#!/usr/bin/env bash
# Tests the simulator with schemathesis, which generates requests from the vendor's description and checks every response
# against it. Runs as `cargo xtask peers schemathesis` and takes a minute once everything is built.
#
#   tests/fuzz/run.sh                  exits with 1 if a response breaks the description
#   SIM_FLAGS='...' tests/fuzz/run.sh  tests one simulator with these flags of `ialog sim`
#
# Needs bash, cargo, coreutils, Python 3.10 or later with venv, and a network for the first run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

# All files are written to the target directory.
base=${CARGO_TARGET_DIR:-$root/target}/fuzz
mkdir -p "$base"
base=$(cd "$base" && pwd)
work=$(mktemp -d "$base/run.XXXXXX")
server=
clean_up() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "fuzz: installing"
[ -x "$base/venv/bin/python" ] || python3 -m venv "$base/venv"
"$base/venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"

echo "fuzz: building"
for requests in requests pages; do
  cargo xtask spec overlaid "$here/errors.overlay.yaml" "$here/$requests.overlay.yaml" >"$work/$requests.json"
done
ialog=$(cargo build --quiet --package ialog --message-format json | "$base/venv/bin/python" -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == "ialog":
        print(message["executable"])
')

# Flags of `ialog sim`, one simulator a row; the first row is the default. Flags whose responses the description does not
# allow, such as --info-needs-token or --total object, are not tested.
rows=(
  ""
  # Duplicates, and another order in each response.
  "--order unstable-ties --duplicates 5% --duplicates-counted --total-value drifting --amended 5%:1h"
  # Refuses requests that the default accepts.
  "--trailing-slash refuse --over-limit refuse --query-fractions refuse --foreign-contract 404"
  # Records without optional members and with unknown ones.
  "--uuid 50% --unknown-members 50% --unknown-types 50% --fraction-digits mixed --utc-mark offset --gzip"
)
if [ -n "${SIM_FLAGS+set}" ]; then
  rows=("$SIM_FLAGS")
fi

token=ialog-sim-token
mkfifo "$work/address"

# Starts a simulator with flags, which are deliberately split into words. Sets $url.
serve() {
  # shellcheck disable=SC2086
  "$ialog" sim --port 0 --seed 1 $1 >"$work/address" 2>"$work/sim.log" &
  server=$!
  read -r url <"$work/address" || { cat "$work/sim.log" >&2; exit 1; }
}

end_server() {
  kill "$server"
  wait "$server" || true
  server=
}

# Fails if the examples of requests.overlay.yaml return no hits: every request would be refused and no problem found.
check_examples() {
  "$base/venv/bin/python" - "$url" "$token" "$work/requests.json" <<'PYTHON'
import json, sys, urllib.request
url, token, description = sys.argv[1:]
path = "/activitylog/v1/contracts/{contractNumber}"
parameters = json.load(open(description))["paths"][path]["get"]["parameters"]
example = {p["name"]: p["example"] for p in parameters if "example" in p}
page = path.format(**example) + "?dateStart={dateStart}&dateEnd={dateEnd}".format(**example)
request = urllib.request.Request(url + page, headers={"Authorization": "Bearer " + token})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    hits = json.load(opener.open(request))["hits"]["hits"]
except Exception as error:
    hits = error
if not isinstance(hits, list) or not hits:
    sys.exit(f"fuzz: the examples of requests.overlay.yaml return no hits ({page}: {hits}): change them there and in pages.overlay.yaml")
PYTHON
}

# Checks of every response:
checks=(
  not_a_server_error           # no fault was requested
  status_code_conformance      # the vendor's 200 and the errors of errors.overlay.yaml
  content_type_conformance
  response_headers_conformance # Allow on 405
  response_schema_conformance  # the types of the published description and the error envelope
  negative_data_rejection      # text in place of a number is refused
  ignored_auth                 # 401 without a token or with a wrong one, in all runs
  unsupported_method           # 405
  allow_header_conformance
)
# Not checked:
# - positive_data_acceptance, except in the run of pages. The description gives dates no format, and offset and limit no
#   minimum, so `dateEnd=` and `limit=-1` are valid by it, but the service refuses them with 400.
# - missing_required_header: the description requires no header.
# - use_after_free, ensure_resource_availability, object_level_authorization and the stateful phase: the API only reads.
listed=$(IFS=,; echo "${checks[*]}")

fuzz() {
  local name=$1 description=$2
  shift 2
  echo "fuzz: $name"
  # The number of examples is bounded; `timeout` ends a run whose simulator hangs. schemathesis --max-time is not used,
  # because it repeats the run until the time is spent. schemathesis writes files to its working directory, so it runs in
  # the one that is removed.
  (cd "$work" && timeout --foreground 90 "$base/venv/bin/schemathesis" --no-color run "$description.json" \
    --url "$url" --workers 1 --seed 1 --request-timeout 10 --generation-database none --continue-on-failure "$@")
}

authorization="Authorization: Bearer $token"
verdict=0
for flags in "${rows[@]}"; do
  echo "fuzz: ialog sim $flags"
  serve "$flags"
  check_examples
  fuzz "valid pages" pages --header "$authorization" --phases fuzzing --mode positive \
    --max-examples 500 --checks "$listed,positive_data_acceptance" || verdict=1
  fuzz "any request" requests --header "$authorization" --phases examples,coverage,fuzzing \
    --max-examples 500 --checks "$listed" || verdict=1
  # Most responses are refusals here, so warnings about them are off.
  fuzz "any request, without a token" requests --phases examples,coverage,fuzzing \
    --max-examples 200 --checks "$listed" --warnings off || verdict=1
  end_server
done

if [ "$verdict" = 0 ]; then
  echo "fuzz: all responses match the description"
else
  echo "fuzz: CONTRIBUTING.md explains what to do about a failure" >&2
fi
exit "$verdict"
