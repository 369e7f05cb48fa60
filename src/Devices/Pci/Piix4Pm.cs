using System;
using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>
/// Configuration of the PIIX4 power-management function, 8086:7113 (datasheet order number 290562): PM base address 0x40 and its enable bit at
/// 0x80, and bit 25 (APMC_EN) of DEVACTB at 0x58. It moves the 64 ports of the power-management registers, which are a chip of their own and handed in. The
/// SMBus base at 0x90 and its enable bit at 0xD2 keep what is written; no SMBus answers.
/// </summary>
public sealed class Piix4Pm : PciFunction
{
    private const int PmBase = 0x40;
    private const int PmMisc = 0x80;
    private const int DeviceActivityB = 0x58;
    private const uint ManagementOnCommand = 1 << 25;
    private const uint PortCount = 64;

    private readonly IRegisterBlock? _registers;
    private readonly Action<bool>? _managementOnCommand;
    private IPortClaim? _ports;

    /// <summary>The function over <paramref name="registers"/>; null when the registers are claimed at fixed ports elsewhere.</summary>
    /// <param name="registers">The power-management registers.</param>
    /// <param name="managementOnCommand">
    /// Is told whether a write to port 0xB2 shall raise a system-management interrupt. Null: there is none, and APMC_EN stands from reset on, which
    /// firmware takes for a sign that nothing is left to be set up.
    /// </param>
    public Piix4Pm(IRegisterBlock? registers = null, Action<bool>? managementOnCommand = null)
        : base("piix4-pm", new PciIdentity(0x8086, 0x7113, 0x06_80_00, 0x03) { InterruptPin = 1 })
    {
        _registers = registers;
        _managementOnCommand = managementOnCommand;
        Config.Define(0x06, AccessSize.Word, 0x0280);
        Config.Define(PmBase, AccessSize.Dword, 0x0000_0001, 0x0000_FFC0);
        Config.Define(DeviceActivityB, AccessSize.Dword, managementOnCommand is null ? ManagementOnCommand : 0, 0xFFFF_FFFF);
        Config.Define(PmMisc, AccessSize.Byte, 0, 0x01);
        Config.Define(0x90, AccessSize.Dword, 0x0000_0001, 0x0000_FFF0);
        Config.Define(0xD2, AccessSize.Byte, 0, 0x0F);
    }

    /// <summary>First port of the registers while they are decoded, else null.</summary>
    public ushort? PortsAt => (Config[PmMisc] & 1) != 0 ? (ushort)(Config.Dword(PmBase) & 0xFFC0) : null;

    /// <inheritdoc/>
    protected override void ConnectDevice(IDeviceSlot slot)
    {
        if (_registers is not null)
        {
            _ports = slot.Expansion.ClaimPorts("registers", PortCount, _registers, AccessSize.Dword);
        }
    }

    /// <inheritdoc/>
    protected override void ResetDevice(ResetKind kind) => Move();

    /// <inheritdoc/>
    protected override void RestoreDevice(IStateReader from) => Move();

    /// <inheritdoc/>
    protected override void ConfigWritten(int offset, int length) => Move();

    private void Move()
    {
        _managementOnCommand?.Invoke((Config.Dword(DeviceActivityB) & ManagementOnCommand) != 0);
        if (PortsAt is { } at)
        {
            _ports?.Map(at);
        }
        else
        {
            _ports?.Unmap();
        }
    }
}
