using System.Buffers;
using System.Text.RegularExpressions;

namespace Federation.Gateway.Access;

/// <summary>What a request is about.</summary>
internal enum AccessKind
{
    /// <summary>What the server serves; the same for everybody.</summary>
    Discovery,

    /// <summary>What may I do; says nothing of anybody else.</summary>
    Review,

    /// <summary>Something in a namespace.</summary>
    Namespaced,
}

/// <summary>One request as it is understood, and passed on as it is understood.</summary>
/// <param name="Method">In capitals, as it is sent on.</param>
/// <param name="Path">Below the API server's address.</param>
/// <param name="Query">With its question mark; empty: none.</param>
/// <param name="Namespace">Empty when it is about none.</param>
/// <param name="Subresource">Empty: none.</param>
internal sealed partial record AccessPath(AccessKind Kind, string Method, string Path, string Query, string Namespace = "", string Resource = "", string Name = "", string Subresource = "")
{
    /// <summary>Where the cluster is served.</summary>
    public const string Prefix = "/cluster";

    private static readonly SearchValues<char> PathChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-./");
    private static readonly HashSet<string> Reviews = new(StringComparer.Ordinal) { "selfsubjectaccessreviews", "selfsubjectrulesreviews" };

    /// <summary>It goes on for as long as both sides like.</summary>
    public bool IsStream => IsShell || Subresource == "log" || IsWatch;

    /// <summary>It becomes a connection of another kind.</summary>
    public bool IsShell => Subresource is "exec" or "portforward";

    /// <summary>It may leave an object in the cluster's store; whatever its query says.</summary>
    public bool IsWrite => Kind == AccessKind.Namespaced && Method != "GET" && !IsShell;

    /// <summary>A workload comes by it.</summary>
    public bool IsDelivery => IsWrite && Resource == "computeleases";

    // What is written is never watched, though its query says so.
    private bool IsWatch { get; } = Kind == AccessKind.Namespaced && Method == "GET" && HasKey(Query, "watch");

    /// <summary>It is how a lease's namespace is named.</summary>
    public static bool IsLease(string space) => LeaseNamespace().IsMatch(space);

    /// <param name="target">Of the request line, as it came: what was decoded or tidied up would be another one than the API server sees.</param>
    /// <returns>Null and why it is none of a tenant's.</returns>
    public static (AccessPath? Path, string Problem) Parse(string method, string target)
    {
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var (whole, query) = mark < 0 ? (target, "") : (target[..mark], target[mark..]);
        if (!whole.StartsWith(Prefix + "/", StringComparison.Ordinal)) return No($"Paths of the cluster begin with {Prefix}/, as they are and not as they could be written.");
        var path = whole[Prefix.Length..];
        if (path.AsSpan().ContainsAnyExcept(PathChars)) return No("A path has lower-case letters, digits, '-', '.' and '/', and nothing that is encoded.");
        if (query.Any(c => c is <= ' ' or '#' or > '~')) return No("A query has printable ASCII characters, and no fragment.");
        // Servers before 1.23 part parameters at it too, and later ones drop what it stands in.
        if (query.Contains(';', StringComparison.Ordinal)) return No("A query has no ';': write %3B for one that is meant.");
        var parts = path[1..].Split('/');
        if (parts.Any(p => p is "" or "." or "..")) return No("A path has no empty parts, and none that lead elsewhere.");
        return Understand(method, path, query, parts);
    }

    private static (AccessPath?, string) Understand(string method, string path, string query, string[] parts)
    {
        // What comes before "namespaces": api/v1, or apis/group/version.
        var root = parts[0] switch { "api" => 2, "apis" => 3, _ => 0 };
        if (parts[0] is "version" or "openapi" || (root > 0 && parts.Length <= root)) return Discovery(method, path, query, parts);
        if (root == 0) return No($"/{parts[0]} is not a tenant's.");
        if (parts is ["apis", "authorization.k8s.io", _, var review] && Reviews.Contains(review))
            return method == "POST" ? (new AccessPath(AccessKind.Review, method, path, query), "") : No("Reviews are posted.");
        if (parts[root] != "namespaces" || parts.Length < root + 3)
            return No("Name one of your leases' namespaces (-n): what is of the whole cluster, or of all namespaces, is not a tenant's.");
        if (parts.Length > root + 5) return No("A path ends with a subresource at most.");
        var found = new AccessPath(AccessKind.Namespaced, method, path, query, parts[root + 1], parts[root + 2], Part(root + 3), Part(root + 4));
        return found.Problem(root == 2) is { } problem ? No(problem) : (found, "");

        string Part(int index) => index < parts.Length ? parts[index] : "";
    }

    private static (AccessPath?, string) Discovery(string method, string path, string query, string[] parts) => method != "GET"
        ? No("What a server serves is read, and not written.")
        : parts is ["openapi", not ("v2" or "v3"), ..] or ["openapi"] or ["version", _, ..] ? No($"{path} is not a tenant's.") : (new AccessPath(AccessKind.Discovery, method, path, query), "");

    private string? Problem(bool isCore)
    {
        if (!IsLease(Namespace)) return $"{Namespace} is no lease's namespace.";
        if (Method is not ("GET" or "POST" or "PUT" or "PATCH" or "DELETE")) return $"{Method} is none of the verbs that are served.";
        if (isCore && Resource is "status" or "finalize") return "A namespace itself is the operator's.";
        if (Subresource.Length == 0) return null;
        if (!isCore || Resource != "pods" || !(IsShell || Subresource == "log")) return $"{Resource}/{Subresource} is not a tenant's.";
        if (Subresource == "log" && Method != "GET") return "Logs are read, and not written.";
        if (Method is not ("GET" or "POST")) return $"{Method} is none of the verbs of {Subresource}.";
        // The workload's pods have none: what reads and signs for volumes that are sent is the operator's, and nobody's to work in.
        return IsShell && Name.Contains('.', StringComparison.Ordinal) ? $"{Name} is the operator's pod: it can be looked at, and not be entered." : null;
    }

    // As the API server reads it: keys are decoded, and one without a value is there too.
    private static bool HasKey(string query, string key) =>
        query.TrimStart('?').Split('&').Any(pair => Uri.UnescapeDataString(pair.Split('=')[0]) == key);

    private static (AccessPath?, string) No(string problem) => (null, problem);

    [GeneratedRegex("^lease-[0-9a-f]{16}\\z")]
    private static partial Regex LeaseNamespace();
}
