namespace Federation.Kubernetes.Tests.Support;

/// <summary>Finds the real programs that the tests run against.</summary>
internal static class Programs
{
    public static string ApiServer => Find("kube-apiserver", Assets);

    public static string ControllerManager => Find("kube-controller-manager", Assets);

    public static string Scheduler => Find("kube-scheduler", Assets);

    public static string Etcd => Find("etcd", [.. Assets, .. Path]);

    public static string Kubectl => Find("kubectl", [.. Tools, .. Path]);

    public static string Helm => Find("helm", [.. Tools, .. Path]);

    public static string Promtool => Find("promtool", Path);

    public static string Prometheus => Find("prometheus", Path);

    private static string Cache => System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : System.IO.Path.Combine(Home, ".cache"), "federation");

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static string[] Assets => [Environment.GetEnvironmentVariable("KUBE_ASSETS") ?? System.IO.Path.Combine(Cache, "kubernetes", "bin")];

    private static string[] Tools => [Environment.GetEnvironmentVariable("FEDERATION_TOOLS") ?? System.IO.Path.Combine(Cache, "tools", "bin")];

    private static string[] Path => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);

    private static string Find(string name, string[] folders) =>
        folders.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException($"{name} is not in {string.Join(", ", folders.Take(2))}: run `make tools`.");
}
