using System.Text.RegularExpressions;
using Federation.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Manifests of <c>crds/samples</c>, as they are shipped but for what their reader has to put in. What is written otherwise here goes through this file.</summary>
internal static class Samples
{
    /// <summary>More than the datacenters of these stories ask, in a token that is worth little.</summary>
    internal const string LocalPrices = """{cpu: "1000000000000", memory: "1000000000000", storage: "1000000000000", egress: "0", gpuA: "1000000000000", gpuB: "0"}""";

    /// <summary>What the reader would pay at most.</summary>
    internal static (string, string) Prices { get; } = ("maxPrices: …", $"maxPrices: {LocalPrices}");

    /// <summary>No registry has the samples' images here.</summary>
    internal static (string, string) Image(string there, string here) => ($"image: {there}", $"image: {here}");

    /// <summary>A machine that has less than a GPU's.</summary>
    internal static (string, string)[] Size(string cpu, string memory, string ownCpu, string ownMemory) =>
        [($"cpu: {cpu}", $"cpu: {ownCpu}"), ($"memory: {memory}", $"memory: {ownMemory}")];

    /// <summary>The account whose word on datacenters the reader believes.</summary>
    internal static (string, string) Auditor(string address) => ("auditor: …", $"auditor: \"{address}\"");

    /// <summary>What the first lines of a sample have its reader type.</summary>
    internal static string CommandOf(string name) => Assert.Single(File.ReadLines(PathOf(name)), l => l.StartsWith("#   kubectl ", StringComparison.Ordinal)).TrimStart('#', ' ');

    /// <param name="edits">A line's text and what stands there instead; an ellipsis at its end is all the rest. Each is in one line of the sample.</param>
    internal static string Read(string name, params IReadOnlyList<(string Text, string Instead)> edits)
    {
        var text = File.ReadAllText(PathOf(name));
        foreach (var (line, instead) in edits)
        {
            var pattern = new Regex(line.EndsWith('…') ? $"(?<![A-Za-z]){Regex.Escape(line[..^1])}.*" : $"(?<![A-Za-z]){Regex.Escape(line)}(?=[,}}\r\n])", RegexOptions.None, TimeSpan.FromSeconds(1));
            Assert.True(pattern.Count(text) == 1, $"'{line}' is {pattern.Count(text)} times in {name}.yaml");
            text = pattern.Replace(text, _ => instead);
        }

        return text;
    }

    private static string PathOf(string name) => Checkout.Built("the samples are", "crds", "samples", $"{name}.yaml");
}
