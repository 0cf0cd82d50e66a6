using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Federation.Host.Tests.Image;

/// <summary>Who builds the image with an engine gets what operator/image/build says of it: two texts, one image.</summary>
public sealed partial class DockerfileTests
{
    [Fact]
    public void Dockerfile_SaysWhatTheBuildWithoutAnEngineSays()
    {
        var said = Said();
        var config = Config();
        Assert.Equal((string)config["User"]!, said["USER"].Single());
        Assert.Equal((string)config["WorkingDir"]!, said["WORKDIR"].Single());
        Assert.True(JsonNode.DeepEquals(config["Entrypoint"], JsonNode.Parse(said["ENTRYPOINT"].Single())));
        Assert.Equal(Texts(config["Env"]!), Words(said["ENV"]));
        Assert.Equal(((JsonObject)config["ExposedPorts"]!).Select(p => p.Key).Order(StringComparer.Ordinal), Words(said["EXPOSE"]).Select(p => p.Contains('/', StringComparison.Ordinal) ? p : p + "/tcp"));
        // Labels by their names, and by their texts where those are not of one build.
        var labels = Labels();
        Assert.Equal(labels.Keys.Order(StringComparer.Ordinal), said["LABEL"].SelectMany(l => Label().Matches(l)).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal));
        foreach (var label in said["LABEL"].SelectMany(l => Label().Matches(l)))
            if (labels[label.Groups["name"].Value] is { } text) Assert.Equal(text, label.Groups["text"].Value);
            else Assert.Contains($"ARG {label.Groups["text"].Value.TrimStart('$')}\n", Read("Dockerfile"), StringComparison.Ordinal);
    }

    // What rootfs reads beside itself has to come along.
    [Fact]
    public void Dockerfile_BringsWhatTheFileSystemIsMadeOf()
    {
        var beside = Beside().Matches(Read("rootfs")).Select(m => m.Groups["file"].Value).Distinct().ToArray();
        Assert.NotEmpty(beside);
        Assert.All(beside, file => Assert.Contains($"operator/image/{file} ", Said()["COPY"].First(), StringComparison.Ordinal));
    }

    // Instruction to its arguments, of the last stage but for COPY.
    private static ILookup<string, string> Said() => Read("Dockerfile").Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
        .Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(' ', 2)).ToLookup(p => p[0], p => p[1]);

    // The object that jq makes, whose few variables are of one build.
    private static JsonObject Config()
    {
        var text = Between(Read("build"), "  config: {\n", "Labels: $labels},");
        return (JsonObject)JsonNode.Parse("{" + Name().Replace(text.Trim().TrimEnd(','), "\"${name}\":") + "}")!;
    }

    // A label's text, null where it is a variable.
    private static Dictionary<string, string?> Labels() => Pair().Matches(Between(Read("build"), "labels=$(jq", "created\": $c}')") + "created\": $c}").ToDictionary(m => m.Groups["name"].Value, m => m.Groups["text"].Success ? m.Groups["text"].Value : null);

    private static string Between(string text, string start, string end)
    {
        var from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    private static IEnumerable<string> Texts(JsonNode list) => ((JsonArray)list).Select(t => (string)t!).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Words(IEnumerable<string> lines) => lines.SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Order(StringComparer.Ordinal);

    private static string Read(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Federation.sln"))) folder = Path.GetDirectoryName(folder)!;
        return File.ReadAllText(Path.Combine(folder, "operator", "image", file));
    }

    [GeneratedRegex("(?<=^|[{,]\\s*)(?<name>[A-Z][A-Za-z]+):")]
    private static partial Regex Name();

    [GeneratedRegex("(?<name>org[.]opencontainers[.]image[.][a-z]+)=\"(?<text>[^\"]*)\"")]
    private static partial Regex Label();

    [GeneratedRegex("\"(?<name>org[.]opencontainers[.]image[.][a-z]+)\": (\"(?<text>[^\"]*)\"|[$][a-z])", RegexOptions.ExplicitCapture)]
    private static partial Regex Pair();

    [GeneratedRegex("[$]here/(?<file>[A-Za-z0-9._-]+)")]
    private static partial Regex Beside();
}
