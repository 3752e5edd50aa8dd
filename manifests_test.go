package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKubernetesNamesAgree checks what no schema says: that names, ports, labels and cores are the same wherever they stand.
func TestKubernetesNamesAgree(t *testing.T) {
	t.Parallel()
	docs := documents(t, filepath.Join(machines, "kubernetes.yaml"))
	files := documents(t, filepath.Join(machines, "kubernetes-files.yaml"))
	if err := disagreement(manifests(t, append(docs, files...))); err != nil {
		t.Error(err)
	}
	text := read(t, filepath.Join(machines, "kubernetes.yaml"))
	for _, c := range []struct{ old, new string }{
		{"--listen=:4222", "--listen=:4223"},
		{"- flowsweep:4222", "- flowsweep:4223"},
		{"- flowsweep:4222", "- flowswep:4222"},
		{"- port: 4222\n          protocol", "- port: 4223\n          protocol"},
		{"      port: 4222", "      port: 4223"},
		{"containerPort: 4222", "containerPort: 4223"},
		{"selector: {app: flowsweep, role: host}", "selector: {app: flowsweep, role: hosts}"},
		{"labels: {app: flowsweep, role: worker}", "labels: {app: flowsweep, role: works}"},
		{"claimName: flowsweep", "claimName: flowsweeps"},
		{"configMap: {name: flowsweep}", "configMap: {name: spec}"},
		{"secretName: flowsweep", "secretName: token"},
		{"{name: tmp, mountPath: /tmp}", "{name: temp, mountPath: /tmp}"},
		{"--token-file=/etc/flowsweep/secret/token", "--token-file=/etc/flowsweep/secret/word"},
		{"/etc/flowsweep/spec/sweep.yaml", "/etc/flowsweep/spec/spec.yaml"},
		{"--cores=2", "--cores=4"},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("the manifest does not hold %q", c.old)
		}
		if disagreement(manifests(t, parsed(t, strings.Replace(text, c.old, c.new, 1)))) == nil {
			t.Errorf("%s in place of %s is accepted", c.new, c.old)
		}
	}
}

// manifest is what is checked of a document.
type manifest struct {
	Kind     string
	Metadata struct {
		Name   string
		Labels map[string]string
	}
	Data       map[string]string
	StringData map[string]string
	Spec       struct {
		pod
		Selector    json.RawMessage // of a Service, labels
		PodSelector struct{ MatchLabels map[string]string }
		Ports       []port
		Ingress     []struct {
			From []struct {
				PodSelector struct{ MatchLabels map[string]string }
			}
			Ports []port
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     pod
		}
	}
}

type port struct {
	Name          string
	Port          int
	TargetPort    string
	ContainerPort int
}

type pod struct {
	Containers []container
	Volumes    []struct {
		Name                  string
		PersistentVolumeClaim struct{ ClaimName string }
		ConfigMap             struct{ Name string }
		Secret                struct{ SecretName string }
	}
}

type container struct {
	Args         []string
	Ports        []port
	Resources    struct{ Requests map[string]string }
	VolumeMounts []struct{ Name, MountPath string }
}

// pod returns the pod of a Pod or Job.
func (m manifest) pod() pod {
	if m.Kind == "Pod" {
		return m.Spec.pod
	}
	return m.Spec.Template.Spec
}

func manifests(t *testing.T, docs []map[string]any) (list []manifest) {
	t.Helper()
	for _, doc := range docs {
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var m manifest
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// disagreement returns an error where manifests name what they do not define.
func disagreement(list []manifest) error {
	at := map[string]manifest{}
	for _, m := range list {
		at[m.Kind+" "+m.Metadata.Name] = m
	}
	for _, m := range list {
		var err error
		switch m.Kind {
		case "Service":
			err = checkService(m, list)
		case "NetworkPolicy":
			err = checkPolicy(m, list)
		case "Job", "Pod":
			err = checkPod(m.pod(), at)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", m.Kind, m.Metadata.Name, err)
		}
	}
	return nil
}

// selected returns the pods with the labels.
func selected(list []manifest, labels map[string]string) (pods []pod, err error) {
	for _, m := range list {
		if has := m.Spec.Template.Metadata.Labels; len(has) > 0 && maps.Equal(has, labels) {
			pods = append(pods, m.pod())
		}
	}
	if len(pods) == 0 {
		return nil, fmt.Errorf("no pod has the labels %v", labels)
	}
	return pods, nil
}

func checkService(m manifest, list []manifest) error {
	var labels map[string]string
	if err := json.Unmarshal(m.Spec.Selector, &labels); err != nil {
		return err
	}
	pods, err := selected(list, labels)
	if err != nil {
		return err
	}
	for _, p := range m.Spec.Ports {
		named := func(c port) bool { return c.Name == p.TargetPort }
		if !slices.ContainsFunc(pods[0].Containers[0].Ports, named) {
			return fmt.Errorf("no container has the port %q", p.TargetPort)
		}
	}
	return nil
}

func checkPolicy(m manifest, list []manifest) error {
	pods, err := selected(list, m.Spec.PodSelector.MatchLabels)
	if err != nil {
		return err
	}
	for _, rule := range m.Spec.Ingress {
		for _, from := range rule.From {
			if _, err := selected(list, from.PodSelector.MatchLabels); err != nil {
				return err
			}
		}
		for _, p := range rule.Ports {
			if has := pods[0].Containers[0].Ports; !slices.ContainsFunc(has, func(c port) bool { return c.ContainerPort == p.Port }) {
				return fmt.Errorf("port %d is not among %v", p.Port, has)
			}
		}
	}
	return nil
}

// checkPod checks volumes and arguments.
func checkPod(p pod, at map[string]manifest) error {
	mounts := map[string][]string{} // what is in the folders
	for _, v := range p.Volumes {
		var held map[string]string
		for kind, name := range map[string]string{"PersistentVolumeClaim": v.PersistentVolumeClaim.ClaimName, "ConfigMap": v.ConfigMap.Name, "Secret": v.Secret.SecretName} {
			m, ok := at[kind+" "+name]
			if name != "" && !ok {
				return fmt.Errorf("there is no %s %s", kind, name)
			}
			if name != "" {
				held = m.Data
				if kind == "Secret" {
					held = m.StringData
				}
			}
		}
		for _, c := range p.Containers {
			for _, to := range c.VolumeMounts {
				if to.Name == v.Name {
					mounts[to.MountPath] = slices.Collect(maps.Keys(held))
				}
			}
		}
	}
	for _, c := range p.Containers {
		if len(c.VolumeMounts) != len(mounts) || len(mounts) != len(p.Volumes) {
			return fmt.Errorf("%d mounts of %d volumes, of which %d are known", len(c.VolumeMounts), len(p.Volumes), len(mounts))
		}
		for _, arg := range c.Args {
			if err := checkArgument(arg, c, mounts, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkArgument checks that the file of an argument is mounted, that its port is open, and that its cores are requested.
func checkArgument(arg string, c container, mounts map[string][]string, at map[string]manifest) error {
	flag, value, isFlag := strings.Cut(arg, "=")
	if !isFlag {
		value = arg
	}
	if held, ok := mounts[path.Dir(value)]; path.IsAbs(value) && (!ok || len(held) > 0 && !slices.Contains(held, path.Base(value))) {
		return fmt.Errorf("%s is not there: %v", value, mounts)
	}
	if flag == "--cores" && value != c.Resources.Requests["cpu"] {
		return fmt.Errorf("%s, but %s are requested", arg, c.Resources.Requests["cpu"])
	}
	host, number, err := net.SplitHostPort(value)
	if err != nil {
		return nil // no address
	}
	ports := c.Ports
	if host != "" {
		ports = at["Service "+host].Spec.Ports
	}
	if !slices.ContainsFunc(ports, func(p port) bool { return fmt.Sprint(p.Port+p.ContainerPort) == number }) {
		return fmt.Errorf("%s: no such port among %v of %q", arg, ports, host)
	}
	return nil
}
