using System.Text;
using System.Text.RegularExpressions;
using Federation.Cluster;
using Federation.Cluster.Entities;

namespace Federation.Architecture.Tests;

/// <summary>What of the chart is generated: the definitions as templates, the rules of roles, and the table of values in its README.</summary>
internal static partial class ChartFiles
{
    private const string TableStart = "<!-- values: generated from values.yaml by `make generate` -->\n";
    private const string TableEnd = "<!-- /values -->";

    // Servers before it know no CEL rules, and refuse what they do not know.
    private const string CelVersion = ">=1.25-0";

    public static string Folder { get; } = Path.Combine("charts", "federation-operator");

    /// <summary>File name below <see cref="Folder"/> to its text.</summary>
    public static IReadOnlyDictionary<string, string> Generate()
    {
        var files = CrdFiles.Generate().ToDictionary(f => $"templates/crd-{f.Key.Split('_')[1]}", f => CrdTemplate(f.Key, f.Value));
        foreach (var (name, rules) in Roles()) files[name] = rules;
        files["files/modes.yaml"] = Modes(Read("values.yaml"));
        files["README.md"] = Readme(Read("README.md"), Read("values.yaml"));
        return files;
    }

    public static string Read(string name) => File.ReadAllText(Repository.PathOf(Folder, name));

    /// <summary>Path, default and description of each value that is described, in the file's order.</summary>
    public static IEnumerable<(string Path, string Default, string Text)> Values(string yaml)
    {
        var path = new Stack<(int Indent, string Key)>();
        var description = "";
        foreach (var line in yaml.Split('\n'))
        {
            if (Description().Match(line) is { Success: true } told) description = told.Groups[1].Value;
            else if (Entry().Match(line) is { Success: true } entry)
            {
                while (path.TryPeek(out var above) && above.Indent >= entry.Groups[1].Length) path.Pop();
                path.Push((entry.Groups[1].Length, entry.Groups[2].Value));
                if (description.Length > 0) yield return (string.Join('.', path.Reverse().Select(p => p.Key)), entry.Groups[3].Value, description);
                description = "";
            }
        }
    }

    // As the local federation's operators live by them; their comments come along.
    private static IEnumerable<(string Name, string Rules)> Roles() =>
        from text in File.ReadAllText(Repository.PathOf("e2e", "Harness", "Demo", "Rbac.yaml")).Split("\n---\n").Concat(InstallManifests.TenantRole().Split("\n---\n")).Concat(InstallManifests.TenantOperator().Split("\n---\n"))
        where text.Contains("\nrules:", StringComparison.Ordinal)
        let name = $"{Field(text, "kind")}-{Field(text, "  name")}{(Field(text, "  namespace") is { Length: > 0 } space ? "-in-" + space : "")}"
        select ($"files/roles/{name}.yaml", text[(text.IndexOf("\nrules:", StringComparison.Ordinal) + 1)..].TrimEnd('\n') + "\n");

    private static string Field(string yaml, string name) =>
        yaml.Split('\n').FirstOrDefault(l => l.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..] ?? "";

    // A tenant's operator needs the last of them, and leaves it to another release that has it already.
    private static string When(string crd) => crd.Contains("computerequests", StringComparison.Ordinal)
        ? "and .Values.crds.enabled (not (include \"federation.requestsElsewhere\" .))"
        : "and .Values.crds.enabled (eq .Values.mode \"provider\")";

    // What counts in one mode alone, with its default: another value in the other mode would do nothing, and is refused.
    private static string Modes(string yaml)
    {
        string[] providers = ["datacenter.", "prometheus.", "gateway.", "webhook.", "evidence.", "spool.", "isolation.", "exportImage", "resolvers", "chain.provider", "chain.webSocketUrl", "priorityClass.value", "metrics.rules.certificateDays"];
        string[] tenants = ["tenant.", "metrics.rules.pendingMinutes"];
        var values = Values(yaml).ToArray();
        return "# What counts in one mode alone, and its default. Generated from values.yaml by `make generate`; do not edit.\n"
            + "provider:\n" + Lines(v => providers.Any(p => v.StartsWith(p, StringComparison.Ordinal)))
            + "tenant:\n" + Lines(v => tenants.Any(t => v.StartsWith(t, StringComparison.Ordinal)));

        string Lines(Func<string, bool> isOf) => string.Concat(values.Where(v => isOf(v.Path)).Select(v => $"  {v.Path}: {v.Default}\n"));
    }

    private static string CrdTemplate(string name, string crd)
    {
        var text = new StringBuilder($"{{{{- /* Generated from crds/{name} by `make generate`; do not edit. */}}}}\n{{{{- if {When(name)} }}}}\n");
        var (rule, isMetadata) = (-1, false);
        foreach (var line in crd.TrimEnd('\n').Split('\n').Where(l => !l.StartsWith('#')))
        {
            var indent = line.Length - line.TrimStart().Length;
            if (rule >= 0 && (indent < rule || (indent == rule && line[indent] != '-')))
            {
                text.Append("{{- end }}\n");
                rule = -1;
            }

            if (rule < 0 && line.TrimStart() == "x-kubernetes-validations:")
            {
                text.Append($"{{{{- if semverCompare \"{CelVersion}\" .Capabilities.KubeVersion.Version }}}}\n");
                rule = indent;
            }

            text.Append(line.Replace("{{", "{{ \"{{\" }}", StringComparison.Ordinal)).Append('\n');
            if (isMetadata) text.Append("""
                  labels: {{- include "federation.labels" . | nindent 4 }}
                  annotations:
                    # Leases outlive the release.
                    helm.sh/resource-policy: keep

                """.Replace("\r", "", StringComparison.Ordinal));
            isMetadata = line == "metadata:";
        }

        if (rule >= 0) text.Append("{{- end }}\n");
        return text.Append("{{- end }}\n").ToString();
    }

    private static string Readme(string readme, string values)
    {
        var (start, end) = (readme.IndexOf(TableStart, StringComparison.Ordinal), readme.IndexOf(TableEnd, StringComparison.Ordinal));
        if (start < 0 || end < start) throw new InvalidDataException($"The chart's README.md has no table: it has to hold {TableStart.Trim()} and {TableEnd}.");
        var rows = Values(values).Select(v => $"| `{v.Path}` | {(v.Default.Length == 0 ? "" : $"`{v.Default}`")} | {v.Text.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        return readme[..(start + TableStart.Length)] + "| value | default | what it is |\n|---|---|---|\n" + string.Concat(rows) + readme[end..];
    }

    [GeneratedRegex("^ *# -- (.+)$")]
    private static partial Regex Description();

    [GeneratedRegex("^( *)([A-Za-z0-9]+):(?: (.+))?$")]
    private static partial Regex Entry();
}
