using System;
using System.IO;
using Doppel.Machine.Boot;

namespace Doppel.Machine;

/// <summary>The files that a machine boots from.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">Initial RAM disk; empty: none.</param>
internal sealed record BootMedia(ReadOnlyMemory<byte> Kernel, ReadOnlyMemory<byte> Initrd)
{
    /// <summary>Reads the files that <paramref name="spec"/> names, or takes the bytes that it holds.</summary>
    /// <exception cref="BootException">A file cannot be read.</exception>
    public static BootMedia Of(MachineSpec spec) => new(
        spec.Kernel.IsEmpty ? ReadFile("kernel", spec.KernelPath) : spec.Kernel,
        spec.Initrd.IsEmpty && spec.InitrdPath is not null ? ReadFile("initrd", spec.InitrdPath) : spec.Initrd);

    private static byte[] ReadFile(string what, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new BootException("the machine has nothing to boot; name a kernel");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new BootException($"cannot read the {what} {path}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
