// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Lease, LeaseState, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract SettleTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;

    function setUp() public override {
        super.setUp();
        (id, terms) = _active();
        vm.warp(START + 1000);
    }

    function _refused(UsageReceipt memory receipt, bytes memory error_) private {
        vm.expectRevert(error_);
        vm.prank(operator);
        manager.settle(terms, receipt, "", "");
    }

    function test_RevertWhen_LeaseIsNotOpen() external {
        UsageReceipt memory receipt = _receipt("?", 1, 1);
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
        (bytes32 reserved, Terms memory reservedTerms) = _reserved();
        receipt.leaseId = reserved;
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.TermsDiffer.selector, reserved));
        vm.startPrank(operator);
        _expectState(reserved, LeaseState.Reserved);
        manager.settle(reservedTerms, receipt, "", "");
        manager.refuse(reserved, reservedTerms);
        _expectState(reserved, LeaseState.Closed);
        manager.settle(reservedTerms, receipt, "", "");
    }

    function test_RevertWhen_Replayed() external {
        UsageReceipt memory receipt = _receipt(id, 7, 100);
        _settle(terms, receipt);
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, 7, 7));
        receipt.seq = 6;
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, 6, 7));
        receipt = _receipt(id, 0, 100);
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, 0, 7));
    }

    function test_RevertWhen_ThroughIsInvalid() external {
        UsageReceipt memory receipt = _receipt(id, 1, 100);
        receipt.through = START + 1001;
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.ThroughInvalid.selector, id, START + 1001));
        receipt.through = START - 1;
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.ThroughInvalid.selector, id, START - 1));
        receipt.through = START + 1000;
        _settle(terms, receipt);
        (receipt.seq, receipt.through) = (2, START + 999);
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.ThroughInvalid.selector, id, START + 999));
    }

    function test_Stranger_NeedsTheOperatorsSignature() external {
        UsageReceipt memory receipt = _receipt(id, 1, 100);
        bytes32 digest = manager.receiptHash(receipt);
        bytes memory good = _sign(OPERATOR_KEY, digest);
        bytes[4] memory bad = [bytes(""), _sign(TENANT_KEY, digest), bytes.concat(good, "!"), _malleable(good)];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, operator));
            vm.prank(stranger);
            manager.settle(terms, receipt, bad[i], "");
        }
        vm.prank(provider);
        registry.update(address(0x77), payout, 7, "https://dc.example", "");
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, address(0x77)));
        vm.prank(stranger);
        manager.settle(terms, receipt, good, "");
        vm.prank(provider);
        registry.update(operator, payout, 7, "https://dc.example", "");
        vm.prank(stranger);
        vm.assertEq(manager.settle(terms, receipt, good, ""), 100 * RATE, "amount");
    }

    /// @dev The other s of the same signature.
    function _malleable(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        return abi.encodePacked(r, n - uint256(s), uint8(signature[64]) == 27 ? uint8(28) : uint8(27));
    }

    function test_ClaimsUsage_PaysLater() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        uint96 amount = uint96(400 * RATE);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseSettled(
            id, provider, 1, START + 1000, receipt.usage, 0, amount, amount, amount, false, receipt.evidenceRoot
        );
        vm.assertEq(_settle(terms, receipt), amount, "amount");
        vm.assertEq(_balance(payout), 0, "not yet");
        Lease memory l = manager.lease(id);
        vm.assertEq(l.escrow, DEPOSIT - amount, "escrow");
        vm.assertEq(l.claimed, amount, "claimed");
        vm.assertEq(l.pendingNew, amount, "pending");
        vm.assertEq(l.seq, 1, "seq");
        vm.assertEq(l.through, START + 1000, "through");
        vm.assertEq(_settle(terms, _receipt(id, 2, 500)), 100 * RATE, "the difference only");
    }

    function test_ByTheProviderItself() external {
        vm.prank(provider);
        vm.assertEq(manager.settle(terms, _receipt(id, 1, 400), "", ""), 400 * RATE, "amount");
    }

    function test_PaysTheCap_WhenUsageIsInflated() external {
        vm.assertEq(_settle(terms, _receipt(id, 1, 5000)), 1000 * RATE, "amount");
        UsageReceipt memory receipt = _receipt(id, 2, type(uint32).max);
        receipt.usage.gpuMilliSecondsB = type(uint64).max;
        vm.assertEq(_settle(terms, receipt), 0, "nothing more in the same second");
    }

    function test_PaysTheTermAtMost_WhenNobodyCloses() external {
        vm.warp(START + 3 * TERM);
        vm.assertEq(_settle(terms, _receipt(id, 1, 3 * TERM)), TERM * RATE, "amount");
    }

    function test_PaysTheEscrow_WhenItIsLess() external {
        bytes32 poor = _run(_default(), 10e6);
        Terms memory t = _default();
        vm.warp(block.timestamp + 5000);
        vm.assertEq(_settle(t, _receipt(poor, 1, 5000)), 10e6, "amount");
        vm.assertEq(_settle(t, _receipt(poor, 2, 5000)), 0, "no debt");
        vm.prank(tenant);
        manager.topUp(poor, t, 100e6, "");
        vm.assertEq(_settle(t, _receipt(poor, 3, 5000)), 40e6, "the rest after a top-up");
    }

    function test_PaysNothing_WhenTheClaimFalls() external {
        _settle(terms, _receipt(id, 1, 400));
        vm.assertEq(_settle(terms, _receipt(id, 2, 300)), 0, "amount");
        vm.assertEq(manager.lease(id).claimed, 400 * RATE, "claimed never falls");
    }

    function test_LateReceipt_IsPaid() external {
        vm.warp(START + TERM);
        _close(tenant, id, terms);
        vm.warp(START + TERM + SUBMIT + 30 days);
        UsageReceipt memory receipt = _receipt(id, 1, 500);
        receipt.through = START + 500;
        vm.assertEq(_settle(terms, receipt), 500 * RATE, "amount");
    }

    function test_Closing_PaysUpToTheEnd() external {
        _close(tenant, id, terms);
        vm.warp(START + 1000 + NOTICE + 100);
        vm.assertEq(_settle(terms, _receipt(id, 1, 1700)), (1000 + NOTICE) * RATE, "amount");
        _assertState(id, LeaseState.Closing);
    }

    function test_StartFee_IsDueWithTheFirstReceipt() external {
        Terms memory t = _default();
        t.startFee = 5e6;
        bytes32 other = _run(t);
        vm.warp(START + 1001);
        vm.assertEq(_settle(t, _receipt(other, 1, 0)), 5e6, "start fee alone");
        vm.assertEq(_settle(t, _receipt(other, 2, 1)), RATE, "once");
        vm.assertEq(_settle(t, _receipt(other, 3, 5000)), 0, "the cap has it once too");
    }

    function test_Downtime_IsCredited() external {
        UsageReceipt memory receipt = _receipt(id, 1, 1000);
        receipt.downSeconds = 100;
        vm.assertEq(_settle(terms, receipt), 900 * RATE, "at the full rate");
        receipt = _receipt(id, 2, 1000);
        receipt.downSeconds = type(uint32).max;
        vm.assertEq(_settle(terms, receipt), 0, "not below zero");
        vm.assertEq(manager.due(terms, receipt.usage, receipt.downSeconds), 0, "due");
    }

    function test_Downtime_InPart() external {
        Terms memory t = _default();
        (t.downtimeBps, t.startFee) = (3_333, 7);
        bytes32 other = _run(t);
        vm.warp(START + 2000);
        UsageReceipt memory receipt = _receipt(other, 1, 1000);
        receipt.downSeconds = 7;
        // 7 * 10,000 * 0.3333 = 23,331
        vm.assertEq(_settle(t, receipt), 1000 * RATE + 7 - 23_331, "amount");
    }

    function test_PaysTheNewPayoutAddress() external {
        vm.prank(provider);
        registry.update(operator, address(0x78), 7, "https://dc.example", "");
        _settleAgreed(terms, _receipt(id, 1, 10));
        vm.assertEq(_balance(address(0x78)), _net(10 * RATE), "earned");
    }
}
