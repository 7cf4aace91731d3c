// schemas SWAGGER OUT CRD…: strict JSON schemas for kubeconform, from Kubernetes' OpenAPI document and from CustomResourceDefinitions:
// OUT/<kind>-<group>-<version>.json. Fields that are not named there are refused.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

type object = map[string]any

const definitionsFile = "_definitions.json"

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "schemas SWAGGER OUT CRD…")
		os.Exit(2)
	}
	out := os.Args[2]
	err := os.MkdirAll(out, 0o755)
	if err == nil {
		err = builtIn(os.Args[1], out)
	}
	for _, crd := range os.Args[3:] {
		if err == nil {
			err = custom(crd, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func builtIn(swagger, out string) error {
	content, err := os.ReadFile(swagger)
	if err != nil {
		return err
	}
	var document struct{ Definitions map[string]object }
	if err := json.Unmarshal(content, &document); err != nil {
		return err
	}
	definitions := object{}
	for name, definition := range document.Definitions {
		definitions[name] = strict(definition)
		if strings.HasSuffix(name, "api.resource.Quantity") {
			definitions[name] = anyOf("string", "number")
		}
		if strings.HasSuffix(name, "util.intstr.IntOrString") {
			definitions[name] = anyOf("string", "integer")
		}
	}
	if err := write(out, definitionsFile, object{"definitions": definitions}); err != nil {
		return err
	}
	for name, definition := range document.Definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) != 1 {
			continue // Options and lists that belong to every group.
		}
		kind := kinds[0].(object)
		schema := definitions[name].(object)
		if err := writeKind(out, schema, text(kind, "group"), text(kind, "version"), text(kind, "kind")); err != nil {
			return err
		}
	}
	return nil
}

func custom(file, out string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for _, part := range bytes.Split(content, []byte("\n---")) {
		var crd struct {
			Kind string
			Spec struct {
				Group    string
				Names    struct{ Kind string }
				Versions []struct {
					Name   string
					Schema struct{ OpenAPIV3Schema object }
				}
			}
		}
		if err := yaml.Unmarshal(part, &crd); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if crd.Kind != "CustomResourceDefinition" {
			continue
		}
		for _, version := range crd.Spec.Versions {
			schema := strict(version.Schema.OpenAPIV3Schema).(object)
			properties, _ := schema["properties"].(object)
			properties["metadata"] = object{"$ref": definitionsFile + "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
			if err := writeKind(out, schema, crd.Spec.Group, version.Name, crd.Spec.Names.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// The schema of a kind, which says its own name and demands it.
func writeKind(out string, schema object, group, version, kind string) error {
	own, properties := object{}, object{}
	for name, value := range schema {
		own[name] = value
	}
	named, _ := schema["properties"].(object)
	for name, value := range named {
		properties[name] = value
	}
	apiVersion, suffix := version, ""
	if group != "" {
		apiVersion, suffix = group+"/"+version, "-"+strings.Split(group, ".")[0]
	}
	properties["kind"] = object{"type": "string", "enum": []string{kind}}
	properties["apiVersion"] = object{"type": "string", "enum": []string{apiVersion}}
	own["properties"] = properties
	required, _ := schema["required"].([]any)
	own["required"] = append([]any{"apiVersion", "kind"}, required...)
	return write(out, strings.ToLower(kind+suffix+"-"+version)+".json", own)
}

// A schema without what only Kubernetes understands, which refuses fields that it does not name.
func strict(value any) any {
	switch value := value.(type) {
	case []any:
		items := make([]any, len(value))
		for index, item := range value {
			items[index] = strict(item)
		}
		return items
	case object:
		return strictObject(value)
	}
	return value
}

func strictObject(schema object) any {
	if schema["x-kubernetes-int-or-string"] == true || schema["format"] == "int-or-string" {
		return anyOf("string", "integer")
	}
	out := object{}
	for name, value := range schema {
		switch {
		case name == "properties":
			properties := object{}
			if named, ok := value.(object); ok {
				for property, of := range named {
					properties[property] = strict(of)
				}
			}
			out[name] = properties
		case name == "$ref":
			out[name] = strings.Replace(fmt.Sprint(value), "#/definitions/", definitionsFile+"#/definitions/", 1)
		case name == "description", name == "default", strings.HasPrefix(name, "x-kubernetes"):
		default:
			out[name] = strict(value)
		}
	}
	_, hasProperties := schema["properties"].(object)
	_, isOpen := schema["additionalProperties"]
	if hasProperties && !isOpen && schema["x-kubernetes-preserve-unknown-fields"] != true {
		out["additionalProperties"] = false
	}
	return out
}

func anyOf(types ...string) object {
	alternatives := make([]any, len(types))
	for index, name := range types {
		alternatives[index] = object{"type": name}
	}
	return object{"anyOf": alternatives}
}

func text(of object, name string) string {
	value, _ := of[name].(string)
	return value
}

func write(out, name string, schema object) error {
	content, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name), content, 0o644)
}
