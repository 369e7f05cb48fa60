using System;
using System.Collections.Generic;
using Doppel.Devices.Pci;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide;

/// <summary>
/// The IDE function of the PIIX3, 8086:7010 (82371SB datasheet, order number 290550, 2.3 and 2.7): two channels at the ports and lines of the PC AT,
/// 1F0-1F7, 3F6 and line 14, 170-177, 376 and line 15, and bus-master registers where base address register 4 puts them. A channel answers
/// while the command register allows I/O and bit 15 of its timing register (IDETIM, 40 and 42) is set; firmware sets both. Timings are kept and have no
/// effect. Not modelled: the buffers between processor and drives, PCI errors.
/// </summary>
public sealed class Piix3Ide : PciFunction
{
    private const int PrimaryTiming = 0x40;
    private const int SecondaryTiming = 0x42;
    private const ushort DecodeEnable = 0x8000;
    private const int Command = 0x04;

    private readonly IdeChannel[] _channels;
    private readonly (IPortClaim Command, IPortClaim Control)[] _ports = new (IPortClaim, IPortClaim)[2];

    /// <summary>A controller with up to four drives.</summary>
    /// <param name="drives">Primary master and slave, secondary master and slave; null or missing: none there. A drive serves one controller.</param>
    /// <param name="isDecodedAtReset">
    /// The timing registers come up as firmware leaves them, decoding both channels: for a machine whose kernel is started without firmware.
    /// </param>
    public Piix3Ide(IReadOnlyList<IdeDrive?> drives, bool isDecodedAtReset = false)
        : base("ide", new PciIdentity(0x8086, 0x7010, 0x01_01_80))
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(drives.Count, 4);
        IdeDrive? At(int index) => index < drives.Count ? drives[index] : null;
        _channels = [new IdeChannel("ide0", At(0), At(1), Dma), new IdeChannel("ide1", At(2), At(3), Dma)];
        ushort timing = isDecodedAtReset ? DecodeEnable : (ushort)0;
        Config.Define(Command, AccessSize.Word, 0, 0x0005);
        Config.Define(0x06, AccessSize.Word, 0x0280);
        Config.Define(PrimaryTiming, AccessSize.Word, timing, 0xFFFF);
        Config.Define(SecondaryTiming, AccessSize.Word, timing, 0xFFFF);
        Config.Define(0x44, AccessSize.Byte, 0, 0xFF);
        DefineBar(4, PciBar.Io("bus-master", 16, new BusMasterPorts(_channels[0].BusMaster, _channels[1].BusMaster)));
    }

    /// <inheritdoc/>
    protected override void ConnectDevice(IDeviceSlot slot)
    {
        for (int i = 0; i < _channels.Length; i++)
        {
            IdeChannel channel = _channels[i];
            channel.Connect(slot.Clock, slot.Line(14 + i));
            _ports[i] = (slot.Expansion.ClaimPorts(channel.Name + "-command", 8, channel), slot.Expansion.ClaimPorts(channel.Name + "-control", 1, channel.Control, AccessSize.Byte));
        }
    }

    /// <inheritdoc/>
    protected override void ResetDevice(ResetKind kind)
    {
        foreach (IdeChannel channel in _channels)
        {
            channel.Reset();
        }

        Decode();
    }

    /// <inheritdoc/>
    protected override void ConfigWritten(int offset, int length)
    {
        Decode();
        foreach (IdeChannel channel in _channels)
        {
            // Bus mastering may have been allowed just now.
            channel.BusMasterReady();
        }
    }

    /// <inheritdoc/>
    protected override void SaveDevice(IStateWriter to)
    {
        foreach (IdeChannel channel in _channels)
        {
            channel.Save(to);
        }
    }

    /// <inheritdoc/>
    protected override void RestoreDevice(IStateReader from)
    {
        foreach (IdeChannel channel in _channels)
        {
            channel.Restore(from);
        }

        Decode();
    }

    private void Decode()
    {
        for (int i = 0; i < _channels.Length; i++)
        {
            bool answers = (Config.Word(Command) & 1) != 0 && (Config.Word(PrimaryTiming + (i * 2)) & DecodeEnable) != 0;
            if (answers)
            {
                _ports[i].Command.Map(i == 0 ? 0x1F0u : 0x170);
                _ports[i].Control.Map(i == 0 ? 0x3F6u : 0x376);
            }
            else
            {
                _ports[i].Command.Unmap();
                _ports[i].Control.Unmap();
            }
        }
    }
}

/// <summary>The bus-master registers: eight bytes a channel.</summary>
internal sealed class BusMasterPorts(BusMaster primary, BusMaster secondary) : IRegisterBlock
{
    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = 0;
        for (uint i = 0; i < (uint)size; i++)
        {
            value |= (ulong)Of(offset + i).Read((offset + i) & 7) << (int)(i * 8);
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        for (uint i = 0; i < (uint)size; i++)
        {
            Of(offset + i).Write((offset + i) & 7, (byte)(value >> (int)(i * 8)));
        }

        return true;
    }

    private BusMaster Of(uint offset) => offset < 8 ? primary : secondary;
}
