namespace Federation.Domain.Workloads;

/// <summary>What a datacenter's rule for images is about: all of a registry, or those at and below a path of it.</summary>
/// <param name="Registry">As <see cref="ImageName.Registry"/> spells it.</param>
/// <param name="Repository">Empty: all of the registry.</param>
public sealed record ImagePath(string Registry, string Repository)
{
    private const string Hub = "docker.io";

    /// <summary>How much it says of an image: the rule that says most counts, whatever their order. 0: the image is not below it.</summary>
    public int Covers(ImageName image)
    {
        if (image.Registry != Registry) return 0;
        if (Repository.Length == 0) return 2 * Registry.Length;
        // Of Docker Hub docker.io/nginx is written for the account of that name, and for the official image: of that it says as much as
        // docker.io/library/nginx, which comes before it where both are there, and more than all that is shorter.
        return Math.Max(2 * IsAbove(image, Repository), Registry == Hub ? (2 * IsAbove(image, "library/" + Repository)) - 1 : 0);
    }

    public override string ToString() => Repository.Length == 0 ? Registry : $"{Registry}/{Repository}";

    private int IsAbove(ImageName image, string path) =>
        image.Repository == path || image.Repository.StartsWith(path + "/", StringComparison.Ordinal) ? Registry.Length + 1 + path.Length : 0;
}
