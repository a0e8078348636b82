#!/usr/bin/env bash
# Does the simulator answer as the description says, also to requests that nobody thought of? A fuzzer reads the
# vendor's description, makes requests from it and looks at every answer. Not part of `cargo xtask ci`: it needs Python
# and, once built, a minute.
#
#   tests/fuzz/run.sh                 the verdict is the exit code
#   SIM_FLAGS='...' tests/fuzz/run.sh with these flags for `ialog sim` alone
#
# Needs bash, cargo, coreutils, Python 3.10 or later with venv, and for the first run a network to install from.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

# Everything that is written goes below the target directory.
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

# Flags of simulators that still answer as described, each row one of them. The first one is the default. Flags whose
# answers the description does not have, such as --info-needs-token or --total object, are none of them.
rows=(
  ""
  # Whatever comes twice or in another order each time.
  "--order unstable-ties --duplicates 5% --duplicates-counted --total-value drifting --amended 5%:1h"
  # What is accepted by default is refused.
  "--trailing-slash refuse --over-limit refuse --query-fractions refuse --foreign-contract 404"
  # The records of days without anything that must be there.
  "--uuid 50% --unknown-members 50% --unknown-types 50% --fraction-digits mixed --utc-mark offset --gzip"
)
if [ -n "${SIM_FLAGS+set}" ]; then
  rows=("$SIM_FLAGS")
fi

token=ialog-sim-token
mkfifo "$work/address"

# Serves with flags, which are split into words on purpose, at $url.
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

# Were the contract of requests.overlay.yaml another one, every request would be refused and nothing found.
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
    sys.exit(f"fuzz: the examples of requests.overlay.yaml give no hits ({page}: {hits}): put values there and in pages.overlay.yaml that do")
PYTHON
}

# What is looked at in every answer:
checks=(
  not_a_server_error           # nobody asked the simulator to fail
  status_code_conformance      # the vendor's 200, and what errors.overlay.yaml knows
  content_type_conformance
  response_headers_conformance # Allow on 405
  response_schema_conformance  # the types of the description as published; the envelope of errors
  negative_data_rejection      # what is no number is not taken for one
  ignored_auth                 # without a token or with a wrong one: 401, and not only in the second run below
  unsupported_method           # 405
  allow_header_conformance
)
# And what is not:
# - positive_data_acceptance, but for the run that closes what the description leaves open. The description is looser
#   than any service: it gives dates no format, and offset and limit no minimum, so that `dateEnd=` and `limit=-1` are
#   valid by it and refused with 400.
# - missing_required_header: the description requires none.
# - use_after_free, ensure_resource_availability, object_level_authorization, and the stateful phase: nothing can be
#   written.
listed=$(IFS=,; echo "${checks[*]}")

fuzz() {
  local name=$1 description=$2
  shift 2
  echo "fuzz: $name"
  # The examples are bounded; the time limit is for a simulator that hangs, and leaves Ctrl-C with the fuzzer. It is no
  # --max-time, which would have the fuzzer repeat itself until the time is spent. The fuzzer keeps notes where it is
  # started, so that is the directory that goes away.
  (cd "$work" && timeout --foreground 90 "$base/venv/bin/schemathesis" --no-color run "$description.json" \
    --url "$url" --workers 1 --seed 1 --request-timeout 10 --generation-database none --continue-on-failure "$@")
}

authorization="Authorization: Bearer $token"
verdict=0
for flags in "${rows[@]}"; do
  echo "fuzz: ialog sim $flags"
  serve "$flags"
  check_examples
  fuzz "pages, which must be served" pages --header "$authorization" --phases fuzzing --mode positive \
    --max-examples 500 --checks "$listed,positive_data_acceptance" || verdict=1
  fuzz "anything" requests --header "$authorization" --phases examples,coverage,fuzzing \
    --max-examples 500 --checks "$listed" || verdict=1
  # That most of its answers are refusals is what it is for, and no warning.
  fuzz "anything, without a token" requests --phases examples,coverage,fuzzing \
    --max-examples 200 --checks "$listed" --warnings off || verdict=1
  end_server
done

if [ "$verdict" = 0 ]; then
  echo "fuzz: every answer is as described"
else
  echo "fuzz: see CONTRIBUTING.md for what to do with a finding" >&2
fi
exit "$verdict"
