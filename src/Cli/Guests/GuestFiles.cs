namespace Doppel.Cli.Guests;

/// <summary>Where a fetched guest lies on disk.</summary>
/// <param name="KernelPath">Debian's kernel, unmodified.</param>
/// <param name="InitrdPath">Initramfs made by us.</param>
internal sealed record GuestFiles(string KernelPath, string InitrdPath);
