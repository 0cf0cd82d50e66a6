namespace Federation.Domain.Workloads;

/// <summary>What a datacenter's rule for images is about: all of a registry, or those at and below a path of it.</summary>
/// <param name="Registry">As <see cref="ImageName.Registry"/> spells it.</param>
/// <param name="Repository">Empty: all of the registry.</param>
public sealed record ImagePath(string Registry, string Repository)
{
    private const string Hub = "docker.io";

    /// <summary>How much of an image's path it is, in characters: the rule that says most counts. 0: the image is not below it.</summary>
    public int Covers(ImageName image)
    {
        if (image.Registry != Registry) return 0;
        if (Repository.Length == 0) return Registry.Length;
        // Of Docker Hub docker.io/nginx is written for the account of that name, and for the official image.
        return Math.Max(IsAbove(image, Repository), Registry == Hub ? IsAbove(image, "library/" + Repository) : 0);
    }

    public override string ToString() => Repository.Length == 0 ? Registry : $"{Registry}/{Repository}";

    private int IsAbove(ImageName image, string path) =>
        image.Repository == path || image.Repository.StartsWith(path + "/", StringComparison.Ordinal) ? Registry.Length + 1 + path.Length : 0;
}
