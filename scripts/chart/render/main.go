// render CHART OUT VALUES…: for each values file what `helm lint --strict` and `helm template` do, with Helm's own packages, into
// OUT/<values file>. The whole of Helm's command line takes three times as long to compile, and CI needs no more of it.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

const (
	release   = "samspill"
	namespace = "samspill"
	// The oldest that Chart.yaml permits is what templates have to do with.
	kubeVersion = "v1.29.0"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "render CHART OUT VALUES…")
		os.Exit(2)
	}
	faults := 0
	for _, file := range os.Args[3:] {
		for _, fault := range check(os.Args[1], os.Args[2], file) {
			fmt.Fprintf(os.Stderr, "%s: %s\n", file, fault)
			faults++
		}
	}
	if faults > 0 {
		os.Exit(1)
	}
}

// What is wrong with the chart under these values; where nothing is, its manifests are written.
func check(chartDir, out, file string) []string {
	values, err := common.ReadValuesFile(file)
	if err != nil {
		return []string{err.Error()}
	}
	version, err := common.ParseKubeVersion(kubeVersion)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	for _, message := range lint.RunAll(chartDir, values, namespace, lint.WithKubeVersion(version)).Messages {
		if message.Severity >= support.WarningSev {
			faults = append(faults, message.Error())
		}
	}
	if len(faults) > 0 {
		return faults
	}
	manifests, err := render(chartDir, values, version)
	if err == nil {
		err = os.WriteFile(filepath.Join(out, filepath.Base(file)), []byte(manifests), 0o644)
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}

func render(chartDir string, values common.Values, version *common.KubeVersion) (string, error) {
	chart, err := loader.Load(chartDir)
	if err != nil {
		return "", err
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *version
	options := common.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(chart, values, options, capabilities)
	if err != nil {
		return "", err
	}
	files, err := engine.Engine{}.Render(chart, all)
	if err != nil {
		return "", err
	}
	var manifests strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		content := strings.TrimSpace(files[name])
		if content == "" || !strings.HasSuffix(name, ".yaml") {
			continue
		}
		fmt.Fprintf(&manifests, "---\n# Source: %s\n%s\n", name, strings.TrimPrefix(content, "---"))
	}
	return manifests.String(), nil
}
