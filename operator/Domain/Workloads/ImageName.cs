namespace Federation.Domain.Workloads;

/// <summary>An image reference in its parts.</summary>
/// <param name="Name">As the tenant wrote it, without tag and digest.</param>
/// <param name="Registry">Host in lower case, and port where it is not that of HTTPS; <c>docker.io</c> when the reference names none or another name of it.</param>
/// <param name="Repository">Path in the registry.</param>
/// <param name="Tag"><c>latest</c> when the reference names none.</param>
/// <param name="Digest">Null: what is meant is whatever the tag means when it is asked for.</param>
public sealed record ImageName(string Name, string Registry, string Repository, string Tag, string? Digest)
{
    /// <summary>Registry and repository, however the reference was spelled.</summary>
    public string Path => $"{Registry}/{Repository}";

    /// <summary>Nodes know it by <see cref="Path"/>: they fill in what is left out, and know nothing of cases, ports and other names.</summary>
    public bool IsPlain => Name.StartsWith(Registry + "/", StringComparison.Ordinal) || Path.EndsWith("/" + Name, StringComparison.Ordinal);

    public override string ToString() => $"{Path}:{Tag}";
}
