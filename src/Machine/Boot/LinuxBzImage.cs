using System;
using Doppel.Host;
using Doppel.Machine.Boot.Unpack;

namespace Doppel.Machine.Boot;

/// <summary>
/// A Linux bzImage. By default the host unpacks the kernel proper, an ELF file, to the addresses it was linked for and enters it as its own
/// decompressor would: no relocation, no address randomisation. Otherwise the decompressor itself is entered, by the 64-bit protocol if it has
/// that entry and the CPU can, else by the 32-bit one. Images without a packed ELF kernel inside (memory testers, boot loaders in kernel's
/// clothing) always start at their own entry. The 16-bit setup code never runs.
/// </summary>
internal sealed class LinuxBzImage : BootImage
{
    private const uint LoadAddress = 0x10_0000;
    private const uint Entry64Offset = 0x200;
    private const int MaxKernelBytes = 1 << 30;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly LinuxSetupHeader _header;

    /// <summary>Reads the setup header.</summary>
    public LinuxBzImage(ReadOnlyMemory<byte> file)
    {
        _file = file;
        _header = new LinuxSetupHeader(file.Span);
    }

    /// <inheritdoc/>
    public override string Protocol => $"Linux {_header.Protocol >> 8}.{_header.Protocol & 0xFF:D2}";

    private ReadOnlyMemory<byte> ProtectedMode => _file[_header.ProtectedModeOffset..];

    private ReadOnlyMemory<byte> Payload => ProtectedMode.Slice((int)_header.PayloadOffset, (int)_header.PayloadLength);

    public static bool Recognises(ReadOnlySpan<byte> file) => LinuxSetupHeader.Recognises(file);

    /// <inheritdoc/>
    public override CpuEntry Load(BootMemory memory, BootRequest request)
    {
        bool unpacks = request.Unpack && KernelPayload.Detect(Payload.Span) != PayloadFormat.Unknown;
        return unpacks ? LoadUnpacked(memory, request) : LoadPacked(memory, request);
    }

    private CpuEntry LoadUnpacked(BootMemory memory, BootRequest request)
    {
        uint size = KernelPayload.UnpackedSize(Payload.Span);
        if (size == 0 || size > MaxKernelBytes || (_header.InitBytes != 0 && size > _header.InitBytes))
        {
            throw KernelPayload.Damaged($"it says to be {size} bytes unpacked");
        }

        if (size > memory.Map.LowBytes)
        {
            throw new BootException($"the kernel of {size >> 20} MiB does not fit into {memory.Map.LowBytes >> 20} MiB of memory; use more --memory");
        }

        // Not on the managed heap: tens of MiB for a moment.
        using SharedMemory scratch = new("doppel-kernel", (size + 0xFFFL) & ~0xFFFL);
        Span<byte> kernel = scratch.Span(0, (int)size);
        KernelPayload.Unpack(Payload, kernel);
        ElfFile elf = new(kernel);
        elf.Load(kernel, memory);
        return LinuxEntry.Make(memory, request, _header, elf.Entry, elf.Is64);
    }

    private CpuEntry LoadPacked(BootMemory memory, BootRequest request)
    {
        ReadOnlySpan<byte> code = ProtectedMode.Span;

        // The decompressor works between the lower and the upper end of what follows; the initrd must stay clear of it.
        ulong end = LoadAddress + (ulong)code.Length;
        ulong initStart = Math.Max(LoadAddress, _header.PreferredAddress);
        if (_header.InitBytes != 0)
        {
            end = Math.Max(end, initStart + _header.InitBytes);
        }

        memory.Take("the kernel", LoadAddress, end - LoadAddress);
        memory.Write(LoadAddress, code);
        bool isLong = _header.HasEntry64 && request.HasLongMode;
        return LinuxEntry.Make(memory, request, _header, isLong ? LoadAddress + Entry64Offset : LoadAddress, isLong);
    }
}

/// <summary>The CPU state of the 32-bit and 64-bit Linux boot protocols, which the unpacked kernel's entry points share.</summary>
internal static class LinuxEntry
{
    public static CpuEntry Make(BootMemory memory, BootRequest request, LinuxSetupHeader? header, ulong entry, bool isLong)
    {
        if (isLong && !request.HasLongMode)
        {
            throw new BootException("the kernel is 64-bit, but the CPU model has no long mode; choose another --cpu or a 32-bit kernel");
        }

        ulong gdt = BootTables.PlaceGdt(memory, isLong);
        ulong bootParams = LinuxBootParams.Place(memory, request, header);
        return new CpuEntry
        {
            Rip = entry,
            Gdt = gdt,
            Rsi = bootParams,
            Rsp = BootTables.PlaceStack(memory),
            LongModePageTables = isLong ? BootTables.PlaceIdentityMap(memory) : null,
        };
    }
}
