// Writes the fields of the messages that are read from the Go types of k8s.io/api: their tags say what generated.proto does
// not, which fields are pointers and what JSON leaves out. Run by `generate`.
package main

import (
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"unicode"

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	devices "k8s.io/api/resource/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ConfigMaps and Secrets are never listed whole.
var roots = []any{
	core.Pod{}, core.Node{}, core.Event{}, core.PersistentVolumeClaim{}, core.PersistentVolume{}, core.ServiceAccount{},
	core.Namespace{}, core.ResourceQuota{}, core.LimitRange{}, core.Service{}, core.ReplicationController{},
	storage.StorageClass{}, storage.CSINode{}, storage.CSIDriver{}, storage.CSIStorageCapacity{}, storage.VolumeAttachment{},
	devices.ResourceClaim{}, devices.DeviceClass{}, policy.PodDisruptionBudget{},
	admission.MutatingWebhookConfiguration{}, admission.ValidatingWebhookConfiguration{},
	apps.ReplicaSet{}, apps.Deployment{}, apps.StatefulSet{}, apps.DaemonSet{}, apps.ControllerRevision{},
	batch.Job{}, batch.CronJob{}, networking.NetworkPolicy{}, networking.Ingress{}, node.RuntimeClass{}, scheduling.PriorityClass{},
}

// Types that are written otherwise in JSON than their fields say.
var special = map[reflect.Type]string{
	reflect.TypeOf(meta.Time{}):            "Time",
	reflect.TypeOf(meta.MicroTime{}):       "MicroTime",
	reflect.TypeOf(resource.Quantity{}):    "Quantity",
	reflect.TypeOf(intstr.IntOrString{}):   "IntOrString",
	reflect.TypeOf(runtime.RawExtension{}): "Json",
	reflect.TypeOf(meta.FieldsV1{}):        "Json",
}

var (
	names = map[string]reflect.Type{}
	lines = map[string]string{}
)

func screaming(name string) string {
	var out strings.Builder
	letters := []rune(name)
	for at, letter := range letters {
		starts := at > 0 && unicode.IsUpper(letter) &&
			(unicode.IsLower(letters[at-1]) || unicode.IsDigit(letters[at-1]) || at+1 < len(letters) && unicode.IsLower(letters[at+1]))
		if starts {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToUpper(letter))
	}
	return out.String()
}

func scalar(of reflect.Type) string {
	if word, known := special[of]; known {
		return word
	}
	switch of.Kind() {
	case reflect.String:
		return "Text"
	case reflect.Bool:
		return "Bool"
	case reflect.Int32, reflect.Int64:
		return "Int"
	case reflect.Struct:
		return "Object(&" + message(of) + ")"
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "Bytes"
		}
	}
	panic("no form for " + of.String())
}

func message(of reflect.Type) string {
	name := screaming(of.Name())
	if known, taken := names[name]; taken && known != of {
		parts := strings.Split(of.PkgPath(), "/")
		name = strings.ToUpper(parts[len(parts)-2]) + "_" + name
	}
	if _, done := names[name]; done {
		return name
	}
	names[name] = of
	type field struct {
		number int
		text   string
	}
	var fields []field
	for at := range of.NumField() {
		it := of.Field(at)
		tag := it.Tag.Get("protobuf")
		if tag == "" {
			if it.Type != reflect.TypeOf(meta.TypeMeta{}) {
				panic(of.String() + "." + it.Name + " has no tag")
			}
			continue
		}
		var number int
		if _, err := fmt.Sscanf(strings.Split(tag, ",")[1], "%d", &number); err != nil {
			panic(err)
		}
		options := strings.Split(it.Tag.Get("json"), ",")
		has := func(option string) bool {
			return strings.Contains(","+strings.Join(options[1:], ",")+",", ","+option+",")
		}
		inner, presence := it.Type, "Shown"
		_, written := special[inner]
		switch {
		case it.Anonymous && options[0] == "":
			fields = append(fields, field{number, fmt.Sprintf("F(%d, \"\", Object(&%s), Inline)", number, message(inner))})
			continue
		case inner.Kind() == reflect.Pointer:
			inner, presence = inner.Elem(), "Optional"
		case written:
			if has("omitzero") {
				presence = "Omitted"
			}
		case inner.Kind() == reflect.Map:
			inner, presence = inner.Elem(), "Map"
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() != reflect.Uint8:
			inner, presence = inner.Elem(), "Many"
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
		case inner.Kind() == reflect.Slice:
			presence = "Optional"
		case inner.Kind() == reflect.Struct:
			if has("omitzero") {
				presence = "Omitted"
			}
		case has("omitempty"):
			presence = "Omitted"
		}
		fields = append(fields, field{number, fmt.Sprintf("F(%d, %q, %s, %s)", number, options[0], scalar(inner), presence)})
	}
	sort.Slice(fields, func(a, b int) bool { return fields[a].number < fields[b].number })
	var texts []string
	for _, it := range fields {
		texts = append(texts, it.text)
	}
	lines[name] = fmt.Sprintf("static %s: Message = &[%s];", name, strings.Join(texts, ", "))
	return name
}

func main() {
	var arms []string
	for _, root := range roots {
		of := reflect.TypeOf(root)
		arms = append(arms, fmt.Sprintf("        %q => &%s,", of.Name(), message(of)))
	}
	sorted := make([]string, 0, len(lines))
	for _, line := range lines {
		sorted = append(sorted, line)
	}
	sort.Strings(sorted)
	fmt.Printf("//! The fields of what is read, as `tests/protobuf/generate` found them in k8s.io/api %s.\n\n", os.Args[1])
	fmt.Println("use super::Form::{Bool, Bytes, Int, IntOrString, Json, MicroTime, Object, Quantity, Text, Time};")
	fmt.Println("use super::Presence::{Inline, Many, Map, Omitted, Optional, Shown};")
	fmt.Println("use super::{Field as F, Message};\n")
	fmt.Println("/// The message of a kind.\npub fn of(kind: &str) -> Option<&'static Message> {\n    Some(match kind {")
	fmt.Println(strings.Join(arms, "\n"))
	fmt.Println("        _ => return None,\n    })\n}\n")
	fmt.Println(strings.Join(sorted, "\n"))
}
