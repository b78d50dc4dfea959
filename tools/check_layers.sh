#!/usr/bin/env bash
# Checks the layers: which folder may include which, and which libraries may appear in a folder's headers.
# Prints each violation as file:line and ends with 1 if there is any.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A may_include=(
  [core]="core"
  [nn]="core nn"
  [data]="core nn data"
  [encoders]="core nn data encoders"
  [diffusion]="core nn diffusion"
  [relax]="core nn relax"
  [evaluate]="core nn encoders relax evaluate"
  [sampler]="core nn encoders diffusion relax evaluate sampler"
  [train]="core nn data encoders diffusion train"
  [apps]="core nn data encoders diffusion relax sampler train evaluate apps"
)
torch="torch ATen c10"
declare -A in_headers=(
  [core]="Eigen"
  [nn]="$torch Eigen"
  [data]="$torch Eigen"
  [encoders]="$torch Eigen"
  [diffusion]="$torch Eigen"
  [relax]="$torch Eigen"
  [evaluate]="$torch Eigen"
  [sampler]="$torch Eigen"
  [train]="$torch Eigen nlohmann"
  [apps]="$torch Eigen CLI"
)
folders="core nn data encoders diffusion relax evaluate sampler train apps"
violations=0

report() {
  echo "$1"
  violations=$((violations + 1))
}

contains() {  # contains "a b c" b
  case " $1 " in *" $2 "*) return 0 ;; *) return 1 ;; esac
}

for folder in $folders; do
  [ -d "$folder" ] || continue
  while IFS= read -r -d '' file; do
    while IFS=: read -r line text; do
      [ -n "$line" ] || continue
      target=$(sed -E 's/^[^"<]*["<]([^">]*)[">].*/\1/' <<<"$text")
      first=${target%%/*}
      if [[ $text == *'"'* ]]; then
        contains "${may_include[$folder]}" "$first" ||
          report "$file:$line: $folder may include only ${may_include[$folder]}; found \"$target\""
      elif [[ $file == *.h && ($target == */* || $target == *.h || $target == *.hpp) ]]; then
        contains "${in_headers[$folder]}" "$first" ||
          report "$file:$line: <$target> belongs into a .cpp; headers of $folder may use ${in_headers[$folder]}"
        [ "$target" != torch/torch.h ] || report "$file:$line: torch/torch.h in a header; include what is used"
      fi
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" || true)
  done < <(find "$folder" \( -name '*.h' -o -name '*.cpp' \) -print0 | sort -z)
done

if [ $violations -gt 0 ]; then
  echo "$violations layer violation(s)"
  exit 1
fi
echo "layers: no violation"
