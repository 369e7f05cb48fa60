using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Doppel.Machine;

/// <summary>Finds installed PC firmware. Order: the path asked for, the environment's DOPPEL_FIRMWARE, what describes itself, where distributions put it.</summary>
public static class FirmwareLocator
{
    /// <summary>Environment variable that names a firmware file.</summary>
    public const string Variable = "DOPPEL_FIRMWARE";

    private static readonly string[] s_biosFolders = ["/usr/share/seabios", "/usr/share/qemu", "/usr/local/share/qemu", "/usr/share/qemu-kvm"];
    private static readonly string[] s_biosNames = ["bios-256k.bin", "bios.bin"];
    private static readonly string[] s_videoNames = ["vgabios-stdvga.bin"];
    private static readonly string[] s_uefiFolders = ["/usr/share/OVMF", "/usr/share/ovmf", "/usr/share/edk2/ovmf", "/usr/share/edk2/x64", "/usr/share/edk2-ovmf/x64", "/usr/share/qemu"];
    private static readonly string[] s_uefiNames = ["OVMF_CODE_4M.fd", "OVMF_CODE.4m.fd", "OVMF_CODE.fd", "OVMF.fd"];

    /// <summary>The BIOS: <paramref name="asked"/> if it is given, else the first one found.</summary>
    /// <exception cref="MachineSpecException">There is none; the message says what to install.</exception>
    public static string FindBios(string? asked = null) =>
        Find(asked ?? Environment.GetEnvironmentVariable(Variable), "bios", s_biosFolders, s_biosNames)
        ?? throw new MachineSpecException($"no PC firmware is installed; install the package seabios, or name a file by {Variable}");

    /// <summary>UEFI firmware: <paramref name="asked"/> if it is given, else the first one found.</summary>
    /// <exception cref="MachineSpecException">There is none; the message says what to install.</exception>
    public static string FindUefi(string? asked = null) =>
        Find(asked ?? Environment.GetEnvironmentVariable(Variable), "uefi", s_uefiFolders, s_uefiNames)
        ?? throw new MachineSpecException($"no UEFI firmware is installed; install the package ovmf, or name a file by {Variable}");

    /// <summary>The display adapter's ROM, beside the BIOS; null: none is installed.</summary>
    public static string? FindVideoRom(string? asked = null) => Find(asked, null, s_biosFolders, s_videoNames);

    /// <summary>The file of empty variables that belongs to the UEFI firmware <paramref name="firmwarePath"/>; null: there is none.</summary>
    public static string? FindVariables(string firmwarePath)
    {
        string name = Path.GetFileName(firmwarePath);
        string other = name.Replace("_CODE", "_VARS", StringComparison.Ordinal).Replace(".secboot", string.Empty, StringComparison.Ordinal);
        string path = Path.Combine(Path.GetDirectoryName(firmwarePath) ?? string.Empty, other);
        return other != name && File.Exists(path) ? path : null;
    }

    private static string? Find(string? asked, string? kind, IEnumerable<string> folders, string[] names)
    {
        if (!string.IsNullOrEmpty(asked))
        {
            return File.Exists(asked) ? asked : throw new MachineSpecException($"the firmware {asked} is not there; name another file, or none to have an installed one found");
        }

        if (kind is not null && FirmwareDescriptors.Find(kind).FirstOrDefault() is { } described)
        {
            return described;
        }

        foreach (string folder in folders)
        {
            foreach (string name in names)
            {
                string path = Path.Combine(folder, name);
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }
}
