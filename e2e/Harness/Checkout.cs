namespace Federation.Harness;

/// <summary>The folder that this program was built in: what is built beside it is found from there.</summary>
internal static class Checkout
{
    /// <exception cref="HarnessException">It is not there.</exception>
    public static string Built(string what, params string[] path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Federation.sln"))) folder = folder.Parent;
        var built = Path.Combine([folder?.FullName ?? "", .. path]);
        return Path.Exists(built) ? built : throw new HarnessException($"{what} not built: {built} is missing; run `make build`");
    }
}
