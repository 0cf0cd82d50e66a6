namespace Federation.Domain.Workloads;

/// <summary>An image reference in its parts.</summary>
/// <param name="Name">As the tenant wrote it, without tag and digest.</param>
/// <param name="Registry">Host and port; <c>docker.io</c> when the reference names none.</param>
/// <param name="Repository">Path in the registry.</param>
/// <param name="Tag"><c>latest</c> when the reference names none.</param>
/// <param name="Digest">Null: what is meant is whatever the tag means when it is asked for.</param>
public sealed record ImageName(string Name, string Registry, string Repository, string Tag, string? Digest)
{
    /// <summary>Registry and repository, however the reference was spelled.</summary>
    public string Path => $"{Registry}/{Repository}";

    public override string ToString() => $"{Path}:{Tag}";
}
