using System.Text.RegularExpressions;

namespace Federation.Domain.Workloads;

/// <summary>Rules for one text each: what is wrong with it, or null.</summary>
internal static partial class WorkloadRules
{
    // What the kubelet and the runtime mount themselves, and folders by which runtimes are told things.
    private static readonly string[] Taken =
    [
        "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
        "/var/run/secrets/kubernetes.io", "/run/secrets/kubernetes.io", "/var/run/nvidia-container-devices", "/run/nvidia-container-devices",
    ];

    // A Service before Kubernetes 1.34 takes no name that starts with a digit, so nothing here does.
    public static string? Name(string text) => Label(text, WorkloadLimits.NameLength);

    /// <summary>Container ports allow 15 characters (RFC 6335).</summary>
    public static string? PortName(string text) => Label(text, 15) ?? (text.Contains("--", StringComparison.Ordinal)
        ? "must not have two hyphens in a row"
        : null);

    /// <summary>Before Kubernetes 1.24 an account's token lies beside the tenant's Secrets.</summary>
    public static string? SecretName(string text) => text.StartsWith("default-token-", StringComparison.Ordinal)
        ? "must not be named as the tokens of accounts in the cluster are: a pod has no identity there"
        : ObjectName(text, "Secret");

    public static string? ConfigMapName(string text) => ObjectName(text, "ConfigMap");

    /// <summary>Key of a Secret or ConfigMap, which is a file's name too.</summary>
    public static string? Key(string text) => text.Length <= 253 && KeyGrammar().IsMatch(text) && text is not ("." or "..")
        ? null
        : $"{Shown.Of(text)} is no key of a Secret or ConfigMap: letters, digits, '-', '_' and '.', at most 253 characters";

    public static string? VariableName(string text)
    {
        if (text.Length > 256 || !Variable().IsMatch(text))
            return $"{Shown.Of(text)} is no variable name: letters, digits, '_', '-' and '.', a letter or '_' first, at most 256 characters";
        return RuntimeVariables.All.Contains(text)
            ? $"a tenant may not set {text}: devices come through resources.gpu, and hooks of the runtime obey it"
            : null;
    }

    public static string? MountPath(string text)
    {
        if (text.Length > 256 || text.Contains(':', StringComparison.Ordinal) || !IsAbsolute(text) || text.Length == 1)
            return $"{Shown.Of(text)} is no mount path: absolute, below '/', without '..', '.', '//' and ':', at most 256 characters";
        if (text.Split('/')[1] is "proc" or "sys" or "dev") return $"nothing may be mounted over /{text.Split('/')[1]}";
        // Its own files would hide behind it, and those of the kubelet would be written into it.
        if (text == "/etc") return "nothing may be mounted over /etc: name a folder below it";
        return Taken.FirstOrDefault(taken => text == taken || text.StartsWith(taken + "/", StringComparison.Ordinal)) is { } over
            ? $"nothing may be mounted over {over}"
            : null;
    }

    /// <summary>Shared memory is the one thing below /dev that a program may want larger.</summary>
    public static string? MemoryMountPath(string text) => text == "/dev/shm" ? null : MountPath(text);

    public static string? HttpPath(string text) => text.Length <= 1024 && text.StartsWith('/') && text.All(c => c is > ' ' and <= '~')
        ? null
        : $"{Shown.Of(text)} is no URL path: starts with '/', printable ASCII, at most 1024 characters";

    public static string? Protocol(string text) => text is "TCP" or "UDP" ? null : $"{Shown.Of(text)} is not known: write \"TCP\" or \"UDP\"";

    /// <summary>The class itself is compared with the nodes'; here only what could not be one is refused.</summary>
    public static string? GpuClass(string text) => text.Length <= 200 && Class().IsMatch(text)
        ? null
        : $"{Shown.Of(text)} is no GPU class: write it as the datacenter shows it, such as \"nvidia.com/gpu/NVIDIA-A100-SXM4-80GB/81920\"";

    /// <summary>No program can receive a NUL byte.</summary>
    public static string? Argument(string text) => text.Contains('\0', StringComparison.Ordinal) ? "must not hold a NUL character" : null;

    private static string? ObjectName(string text, string kind) => text.Length <= 253 && Subdomain().IsMatch(text)
        ? null
        : $"{Shown.Of(text)} is no {kind}'s name: lower-case letters, digits, '-' and '.', at most 253 characters";

    private static string? Label(string text, int max) => text.Length <= max && LabelGrammar().IsMatch(text)
        ? null
        : $"{Shown.Of(text)} is no name: lower-case letters, digits and '-', a letter first, no '-' last, at most {max} characters";

    private static bool IsAbsolute(string path) =>
        path.StartsWith('/') && path[1..].Split('/').All(part => part is not ("" or "." or "..") && !part.Any(char.IsControl));

    [GeneratedRegex(@"\A[a-z](?:[a-z0-9-]*[a-z0-9])?\z")]
    private static partial Regex LabelGrammar();

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]+\z")]
    private static partial Regex KeyGrammar();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]*\z")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\A[A-Za-z0-9._+-]+(?:/[A-Za-z0-9._+-]+){2,}\z")]
    private static partial Regex Class();
}
