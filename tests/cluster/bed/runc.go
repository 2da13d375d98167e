package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const (
	resources    = "CAP_SYS_RESOURCE"
	resourcesBit = 24 // linux/capability.h
)

// runc runs runc. Privileged containers, those of kind's nodes and kube-proxy's in them, get every capability that the
// kernel knows, and runc fails with "unable to apply caps: operation not permitted" where the machine itself lacks one.
// Machines inside a sandbox lack CAP_SYS_RESOURCE; on others nothing is changed.
func runc(arguments []string) error {
	lacks, err := lacksResources()
	if err != nil {
		return err
	}
	if file := specification(arguments); lacks && file != "" {
		if err := withoutResources(file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	binary, err := exec.LookPath("runc")
	if err != nil {
		return err
	}
	return syscall.Exec(binary, append([]string{"runc"}, arguments...), os.Environ())
}

func lacksResources() (bool, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(status)) {
		if mask, found := strings.CutPrefix(line, "CapBnd:"); found {
			held, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return held&(1<<resourcesBit) == 0, err
		}
	}
	return false, fmt.Errorf("/proc/self/status names no capabilities")
}

// specification is the file that says what runc is to make: config.json of a bundle for `create` and `run`, the file
// of a process for `exec`.
func specification(arguments []string) string {
	for i, argument := range arguments {
		flag, value, joined := strings.Cut(argument, "=")
		if !joined && i+1 < len(arguments) {
			value = arguments[i+1]
		}
		switch flag {
		case "--bundle", "-b":
			return filepath.Join(value, "config.json")
		case "--process", "-p":
			return value
		}
	}
	return ""
}

// withoutResources takes the capability out, and what needs it: higher limits and a lower OOM score.
func withoutResources(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var specification object
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // sizes in bytes are larger than a float64 holds exactly
	if err := decoder.Decode(&specification); err != nil {
		return err
	}
	process, whole := specification["process"].(object)
	if !whole {
		process = specification
	}
	delete(process, "rlimits")
	delete(process, "oomScoreAdj")
	if sets, held := process["capabilities"].(object); held {
		for name, set := range sets {
			if list, is := set.([]any); is {
				sets[name] = slices.DeleteFunc(list, func(capability any) bool { return capability == resources })
			}
		}
	}
	if content, err = json.Marshal(specification); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600)
}
