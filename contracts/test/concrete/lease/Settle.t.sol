// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, Lease, LeaseState, Offer, Request, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

contract SettleTest is Fixture {
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
        manager.settle(terms, receipt, "");
    }

    function _earned() private view returns (uint256) {
        return vault.balanceOf(address(token), payout);
    }

    function test_RevertWhen_LeaseIsNotOpen() external {
        UsageReceipt memory receipt = _receipt(bytes32("?"), 1, 1);
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.LeaseUnknown.selector, bytes32("?")));
        (bytes32 reserved, Terms memory reservedTerms) = _reserved();
        receipt.leaseId = reserved;
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.TermsDiffer.selector, reserved));
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.StateWrong.selector, reserved, LeaseState.Reserved));
        vm.prank(operator);
        manager.settle(reservedTerms, receipt, "");
        vm.prank(operator);
        manager.refuse(reserved, reservedTerms);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.StateWrong.selector, reserved, LeaseState.Closed));
        vm.prank(operator);
        manager.settle(reservedTerms, receipt, "");
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
        bytes[2] memory bad = [bytes(""), _sign(TENANT_KEY, digest)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, operator));
            vm.prank(stranger);
            manager.settle(terms, receipt, bad[i]);
        }
        bytes memory good = _sign(OPERATOR_KEY, digest);
        vm.prank(provider);
        registry.update(address(0x77), payout, 7, "https://dc.example", "");
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, address(0x77)));
        vm.prank(stranger);
        manager.settle(terms, receipt, good);
        vm.prank(provider);
        registry.update(operator, payout, 7, "https://dc.example", "");
        vm.prank(stranger);
        vm.assertEq(manager.settle(terms, receipt, good), 100 * RATE, "amount");
    }

    function test_PaysUsage() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseSettled(
            id, provider, 1, START + 1000, receipt.usage, 400 * RATE, uint96(400 * RATE), uint96(400 * RATE), receipt.evidenceRoot
        );
        vm.assertEq(_settle(terms, receipt), 400 * RATE, "amount");
        vm.assertEq(_earned(), 400 * RATE, "earned");
        Lease memory l = manager.lease(id);
        vm.assertEq(l.escrow, DEPOSIT - 400 * RATE, "escrow");
        vm.assertEq(l.paid, 400 * RATE, "paid");
        vm.assertEq(l.seq, 1, "seq");
        vm.assertEq(l.through, START + 1000, "through");
        vm.assertEq(_settle(terms, _receipt(id, 2, 500)), 100 * RATE, "the difference only");
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
        Request memory r = _request();
        r.deposit = 10e6;
        (bytes32 poor, Terms memory poorTerms) = _match(_offer(), r);
        vm.prank(operator);
        manager.activate(poor, poorTerms);
        vm.warp(block.timestamp + 5000);
        vm.assertEq(_settle(poorTerms, _receipt(poor, 1, 5000)), 10e6, "amount");
        vm.assertEq(_settle(poorTerms, _receipt(poor, 2, 5000)), 0, "no debt");
        vm.prank(tenant);
        manager.topUp(poor, poorTerms, 100e6);
        vm.assertEq(_settle(poorTerms, _receipt(poor, 3, 5000)), 40e6, "the rest after a top-up");
    }

    function test_PaysNothing_WhenTheClaimFalls() external {
        _settle(terms, _receipt(id, 1, 400));
        vm.assertEq(_settle(terms, _receipt(id, 2, 300)), 0, "amount");
        vm.assertEq(manager.lease(id).paid, 400 * RATE, "paid never falls");
    }

    function test_LateReceipt_IsPaid() external {
        vm.warp(START + TERM);
        vm.prank(stranger);
        manager.close(id, terms);
        vm.warp(START + TERM + SUBMIT + 30 days);
        UsageReceipt memory receipt = _receipt(id, 1, 500);
        receipt.through = START + 500;
        vm.assertEq(_settle(terms, receipt), 500 * RATE, "amount");
    }

    function test_Closing_PaysUpToTheEnd() external {
        vm.prank(tenant);
        manager.close(id, terms);
        vm.warp(START + 1000 + NOTICE + 100);
        vm.assertEq(_settle(terms, _receipt(id, 1, 1700)), (1000 + NOTICE) * RATE, "amount");
        vm.assertTrue(manager.lease(id).state == LeaseState.Closing, "state");
    }

    function test_Final_WhileActive_StaysActive() external {
        UsageReceipt memory receipt = _receipt(id, 1, 10);
        receipt.isFinal = true;
        vm.assertEq(_settle(terms, receipt), 10 * RATE, "amount");
        vm.assertTrue(manager.lease(id).state == LeaseState.Active, "state");
    }

    function test_Final_WhileClosing_Closes() external {
        vm.prank(tenant);
        manager.close(id, terms);
        UsageReceipt memory receipt = _receipt(id, 1, 100);
        receipt.isFinal = true;
        uint96 paid = MIN_CHARGE; // 100 s are 1e6, half of the minimum
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseClosed(id, provider, CloseReason.Tenant, paid, DEPOSIT - paid);
        vm.assertEq(_settle(terms, receipt), 100 * RATE, "amount");
        vm.assertEq(_earned(), MIN_CHARGE, "earned");
        vm.assertEq(vault.balanceOf(address(token), tenant), 5 * DEPOSIT - MIN_CHARGE, "tenant");
        Lease memory l = manager.lease(id);
        vm.assertTrue(l.state == LeaseState.Closed, "state");
        vm.assertEq(l.escrow, 0, "escrow");
        (receipt.seq, receipt.isFinal) = (2, false);
        _refused(receipt, abi.encodeWithSelector(ILeaseManager.StateWrong.selector, id, LeaseState.Closed));
    }

    function test_PaysTheNewPayoutAddress() external {
        vm.prank(provider);
        registry.update(operator, address(0x78), 7, "https://dc.example", "");
        _settle(terms, _receipt(id, 1, 10));
        vm.assertEq(vault.balanceOf(address(token), address(0x78)), 10 * RATE, "earned");
    }
}
