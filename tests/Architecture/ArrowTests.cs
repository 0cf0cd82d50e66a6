using System.Xml.Linq;

namespace Federation.Architecture.Tests;

/// <summary>The arrows of the house: which room may know which. A new arrow is a decision, so it is written down here.</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Domain"] = [],
        ["Application"] = ["Domain"],
        ["Ethereum"] = [],
        ["Kubernetes"] = [],
        ["Chain"] = ["Application", "Ethereum"],
        ["Cluster"] = ["Application", "Kubernetes"],
        ["Metrics"] = ["Application"],
        ["Gateway"] = ["Application"],
        ["Cli"] = ["Gateway", "Chain", "Kubernetes"],
        ["Host"] = ["Gateway", "Chain", "Cluster", "Metrics"],
    };

    public static TheoryData<string> Rooms => new(Allowed.Keys);

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_References_OnlyItsArrows(string room)
    {
        var project = XDocument.Load(Repository.PathOf("operator", room, $"Federation.{room}.csproj"));
        var references = project.Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!).Replace("Federation.", "", StringComparison.Ordinal));
        Assert.Equal(Allowed[room].Order(), references.Order());
    }

    [Fact]
    public void Operator_HasNoOtherRooms() => Assert.Equal(
        Allowed.Keys.Order(),
        Directory.EnumerateFiles(Repository.PathOf("operator"), "*.csproj", SearchOption.AllDirectories)
            .Select(p => Path.GetFileNameWithoutExtension(p).Replace("Federation.", "", StringComparison.Ordinal)).Order());

    [Fact]
    public void Domain_KnowsNoTaskLoggerOrHttp()
    {
        string[] banned = ["System.Threading.Tasks", "Microsoft.Extensions", "System.Net", "TimeProvider", "ILogger"];
        var hits = from file in Repository.Sources("operator", "Domain")
                   from line in File.ReadLines(file)
                   from word in banned
                   where line.Contains(word, StringComparison.Ordinal)
                   select $"{Path.GetFileName(file)}: {line.Trim()}";
        Assert.Empty(hits);
    }

    [Fact]
    public void Ports_HaveAtMostThreeMethods()
    {
        var ports = typeof(Federation.Application.Ports.ILeaseLedger).Assembly.GetExportedTypes()
            .Where(t => t is { IsInterface: true, Namespace: "Federation.Application.Ports" }).ToArray();
        Assert.NotEmpty(ports);
        Assert.All(ports, p => Assert.InRange(p.GetMethods().Length, 1, 3));
    }

    [Fact]
    public void Domain_UsesTheBaseLibraryAlone()
    {
        var names = typeof(Federation.Domain.Leases.LeaseId).Assembly.GetReferencedAssemblies().Select(a => a.Name!);
        Assert.All(names, n => Assert.True(n.StartsWith("System.", StringComparison.Ordinal), $"Domain references {n}"));
    }

    [Fact]
    public void Files_AreNoLongerThanFourHundredLines()
    {
        var tooLong = Repository.Sources("operator").Concat(Repository.Sources("e2e")).Concat(Repository.Sources("tests"))
            .Where(f => !f.EndsWith(".g.cs", StringComparison.Ordinal))
            .Select(f => (File: f, Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > 400)
            .Select(f => $"{f.File}: {f.Lines}");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Namespaces_AgreeWithFolders()
    {
        // Generated files have a namespace per contract: the contracts share names of events and structs.
        var wrong = from file in Repository.Sources("operator")
                    where !file.EndsWith(".g.cs", StringComparison.Ordinal)
                    let folder = Path.GetRelativePath(Repository.PathOf("operator"), Path.GetDirectoryName(file)!)
                    let expected = "Federation." + folder.Replace(Path.DirectorySeparatorChar, '.')
                    let declared = File.ReadLines(file).FirstOrDefault(l => l.StartsWith("namespace ", StringComparison.Ordinal))
                    where declared is not null && declared != $"namespace {expected};"
                    select $"{file}: {declared}";
        Assert.Empty(wrong);
    }
}
