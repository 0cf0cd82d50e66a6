using System.Text.RegularExpressions;

namespace Federation.Domain.Workloads;

/// <summary>Syntax of an image reference, after the grammar of the OCI distribution reference: <c>[host[:port]/]path[:tag][@digest]</c>.</summary>
public static partial class ImageReference
{
    private const int MaxLength = 512;
    private const int MaxNameLength = 255;
    private const string HubRegistry = "docker.io";
    private const string HubFolder = "library/";
    private const string HttpsPort = "443";

    // What a path of images is completed with, to be parsed as a reference: two parts, so that neither is taken for a host, nor the first for an official image.
    private const string Below = "/x/x";

    /// <returns>What is wrong; null when the reference is well formed.</returns>
    public static string? Fault(string text)
    {
        if (text.Length > MaxLength || Grammar().Match(text) is not { Success: true } match)
            return $"{Shown.Of(text)} is no image reference: write host/path:tag or host/path@sha256:digest, in lower case";
        if (match.Groups["name"].Length > MaxNameLength) return $"image name is longer than {MaxNameLength} characters";
        if (match.Groups["port"] is { Success: true } port && !(ushort.TryParse(port.Value, out var number) && number > 0))
            return $"registry port {Shown.Of(port.Value)} is not between 1 and 65535";
        return match.Groups["host"] is { Success: true } host ? HostFault(host.Value, match.Groups["port"].Success) : null;
    }

    /// <summary>What it names, with what is left out filled in as the node does.</summary>
    /// <exception cref="FormatException">It is not well formed.</exception>
    public static ImageName Parse(string text)
    {
        if (Fault(text) is { } fault) throw new FormatException(fault);
        var match = Grammar().Match(text);
        string? Of(string group) => match.Groups[group] is { Success: true } found ? found.Value : null;
        var (name, host, digest) = (match.Groups["name"].Value, Of("host"), Of("digest"));
        var registry = host is null ? HubRegistry : Registry(host, Of("port"));
        var path = host is null ? name : name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (registry == HubRegistry && !path.Contains('/', StringComparison.Ordinal)) path = HubFolder + path;
        return new ImageName(name, registry, path, Of("tag") ?? "latest", digest);
    }

    /// <returns>Why no reference can be below a path of images; null when some can.</returns>
    public static string? PathFault(string text)
    {
        var path = Trimmed(text);
        if (Fault(path + Below) is not { } fault) return null;
        if (text.Contains("://", StringComparison.Ordinal)) return "it has a scheme";
        if (path.Length == 0 || path[0] is '/' or ':') return "it begins with no registry";
        if (Fault(path) is null)
            return $"it has a tag or a digest, and is for all images below it{(Grammar().Match(path + Below).Groups["host"].Success ? "; or it is a registry of an inner network with its port, whose images no workload may name" : "")}";
        return Grammar().IsMatch(path + Below) ? fault : "no image reference begins so, all in lower case and without empty parts";
    }

    /// <summary>Registry and path of images or the start of it, spelled as <see cref="Parse"/> spells those of references.</summary>
    /// <exception cref="FormatException">No reference can be below it.</exception>
    public static ImagePath ParsePath(string text)
    {
        if (PathFault(text) is { } fault) throw new FormatException(fault);
        var image = Parse(Trimmed(text) + Below);
        return new ImagePath(image.Registry, image.Repository.Length < Below.Length ? "" : image.Repository[..^Below.Length]);
    }

    /// <summary>An algorithm that nodes know, and its hash in lower-case hex.</summary>
    public static bool IsDigest(string text) => DigestGrammar().IsMatch(text);

    private static string Trimmed(string path) => path.EndsWith('/') ? path[..^1] : path;

    // One spelling of what leads to one registry: names know no case, the port that is meant without one is none, and Docker Hub has several names.
    private static string Registry(string host, string? port)
    {
        var name = host.ToLowerInvariant();
        var number = port?.TrimStart('0');
        if (number is not (null or HttpsPort)) return $"{name}:{number}";
        return HubAliases.Contains(name) ? HubRegistry : name;
    }

    // The node pulls images from its own network: a name must not send it to a metadata service or to a neighbour's port.
    // Only what the name itself shows is refused here; where a public name leads, who looks the image up before it runs asks.
    private static string? HostFault(string host, bool hasPort)
    {
        // Images loaded beforehand are named so. Were one absent, the node would ask itself at 443 only.
        if (host == "localhost" && !hasPort) return null;
        var labels = host.Split('.');
        // As browsers and resolvers do: a host whose last part is a number is an address, whatever its base or its parts.
        if (Number().IsMatch(labels[^1])) return $"a registry is named by its host, not by an address such as {Shown.Of(host)}";
        return labels.Length == 1 || Inner.Contains(labels[^1], StringComparer.OrdinalIgnoreCase)
            ? $"registry {Shown.Of(host)} is a name of an inner network: only public names are taken"
            : null;
    }

    private static readonly string[] HubAliases = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

    private static readonly string[] Inner = ["svc", "local", "internal", "localhost"];

    // The first part is a host only when it has a dot or a port, or is localhost; else it is a folder of the default registry.
    private const string Host = @"(?:localhost|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)+|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?=:[0-9]+/))";
    private const string Part = @"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*";

    private const string Digest = "sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}";

    [GeneratedRegex($@"\A(?<name>(?:(?<host>{Host})(?::(?<port>[0-9]+))?/)?{Part}(?:/{Part})*)(?::(?<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]{{0,127}}))?(?:@(?<digest>{Digest}))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();

    [GeneratedRegex($@"\A(?:{Digest})\z")]
    private static partial Regex DigestGrammar();

    [GeneratedRegex(@"\A(?:[0-9]+|0[xX][0-9a-fA-F]*)\z")]
    private static partial Regex Number();
}
