using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Doppel.Machine;

/// <summary>
/// Firmware that is installed with a description of itself: files in qemu/firmware below /etc and /usr/share (QEMU's docs/interop/firmware.json), taken in
/// the order of their names. Images for other processors and for secure boot are passed over.
/// </summary>
internal static class FirmwareDescriptors
{
    private const int MaxBytes = 1 << 16;
    private static readonly string[] s_folders = ["/etc/qemu/firmware", "/usr/local/share/qemu/firmware", "/usr/share/qemu/firmware"];
    private static readonly string[] s_unfit = ["requires-smm", "amd-sev", "amd-sev-es", "amd-sev-snp", "intel-tdx"];

    /// <summary>Files of firmware with <paramref name="kind"/> ("bios", "uefi") among its interfaces, the best first.</summary>
    internal static IEnumerable<string> Find(string kind) => Find(kind, s_folders);

    /// <summary>The same, of these folders; of two descriptions with one name the first counts.</summary>
    internal static IEnumerable<string> Find(string kind, IEnumerable<string> folders) =>
        folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.json"))
            .GroupBy(path => Path.GetFileName(path), StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Image(group.First(), kind)).OfType<string>().Where(File.Exists);

    // Null: of another kind, or no description that can be read.
    private static string? Image(string path, string kind)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                return null;
            }

            using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = description.RootElement;
            bool fits = Words(root, "interface-types").Contains(kind) && !Words(root, "features").Intersect(s_unfit).Any()
                && root.GetProperty("targets").EnumerateArray().Any(target => target.GetProperty("architecture").GetString() is "x86_64" or "i386");
            JsonElement mapping = root.GetProperty("mapping");
            JsonElement image = mapping.TryGetProperty("executable", out JsonElement executable) ? executable : mapping;
            bool isRaw = !image.TryGetProperty("format", out JsonElement format) || format.GetString() == "raw";
            return fits && isRaw ? image.GetProperty("filename").GetString() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static IEnumerable<string?> Words(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement words) ? words.EnumerateArray().Select(word => word.GetString()) : [];
}
