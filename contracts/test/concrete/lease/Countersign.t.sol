// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, Lease, LeaseState, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";
import {Wallet} from "../../utils/Wallet.sol";

/// @title Says yes to everything, at great length.
contract Bomb {
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
            return(0, 2000000)
        }
    }
}

contract CountersignTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;

    function setUp() public override {
        super.setUp();
        (id, terms) = _active();
        vm.warp(START + 1000);
    }

    function _settleWith(UsageReceipt memory receipt, bytes memory tenantSignature) private returns (uint96) {
        vm.prank(operator);
        return manager.settle(terms, receipt, "", tenantSignature);
    }

    function _earned() private view returns (uint256) {
        return _balance(payout);
    }

    // With the receipt.

    function test_ByTheTenant_IsPaidAtOnce() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        uint96 amount = uint96(400 * RATE);
        bytes memory signature = _agree(TENANT_KEY, receipt);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseSettled(
            id, provider, 1, START + 1000, receipt.usage, 0, amount, amount, amount, true, receipt.evidenceRoot
        );
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePaid(id, provider, amount, amount, 0, amount / 200);
        _settleWith(receipt, signature);
        vm.assertEq(_earned(), _net(amount), "provider");
        vm.assertEq(_balance(treasury), amount / 200, "treasury");
        vm.assertEq(_pending(id), 0, "nothing waits");
    }

    function test_PaysWhatWaitedToo() external {
        _settle(terms, _receipt(id, 1, 300));
        vm.warp(START + MATURITY);
        _settle(terms, _receipt(id, 2, 400));
        _settleWith(_receipt(id, 3, 500), _agree(TENANT_KEY, _receipt(id, 3, 500)));
        vm.assertEq(_earned(), _net(500 * RATE), "provider");
        vm.assertEq(_pending(id), 0, "nothing waits");
    }

    function test_ByASessionKey_UntilItIsRevoked() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        bytes memory signature = _agree(SESSION_KEY, receipt);
        bytes32 digest = manager.receiptHash(receipt);
        bytes memory why = abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, tenant);
        vm.expectRevert(why);
        _settleWith(receipt, signature);
        vm.expectEmit(address(manager));
        emit ILeaseManager.SessionKeySet(tenant, sessionKey, true);
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, true);
        vm.assertTrue(manager.isSessionKey(tenant, sessionKey), "allowed");
        uint256 snapshot = vm.snapshotState();
        _settleWith(receipt, signature);
        vm.assertEq(_earned(), _net(400 * RATE), "provider");

        vm.revertToState(snapshot);
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, false);
        vm.expectRevert(why);
        _settleWith(receipt, signature);
        vm.assertEq(_settle(terms, receipt), 400 * RATE, "costs the provider speed only");
    }

    function test_RevertWhen_AnotherSigned() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        vm.prank(stranger);
        manager.setSessionKey(sessionKey, true); // somebody else's session key
        bytes32 digest = manager.receiptHash(receipt);
        bytes memory good = _agree(TENANT_KEY, receipt);
        bytes[5] memory bad = [
            _agree(OPERATOR_KEY, receipt),
            _agree(SESSION_KEY, receipt),
            _agree(TENANT_KEY, _receipt(id, 1, 401)),
            bytes.concat(good, "!"),
            new bytes(65)
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, tenant));
            _settleWith(receipt, bad[i]);
            vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, tenant));
            manager.countersign(terms, receipt, bad[i]);
        }
    }

    function _contractTenant(address account) private {
        terms = _default();
        (terms.payer, terms.tenant) = (tenant, account);
        vm.warp(START);
        id = _run(terms);
        vm.warp(START + 1000);
    }

    function test_ByAContract_ERC1271() external {
        _contractTenant(address(new Wallet(vm.addr(0x0E2))));
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        bytes32 digest = manager.receiptHash(receipt);
        bytes memory wrong = _agree(TENANT_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, terms.tenant));
        _settleWith(receipt, wrong);
        _settleWith(receipt, _agree(0x0E2, receipt));
        vm.assertEq(_earned(), _net(400 * RATE), "provider");
    }

    function test_ByAContract_ThatAnswersAtLength() external {
        _contractTenant(address(new Bomb()));
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        bytes32 digest = manager.receiptHash(receipt);
        uint256 gas = gasleft();
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, terms.tenant));
        _settleWith(receipt, "any");
        vm.assertLe(gas - gasleft(), 400_000, "its gas is bounded");
    }

    // Later.

    function test_Later_PaysWhatWaits() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        _settle(terms, receipt);
        vm.warp(START + MATURITY + 5);
        bytes memory signature = _agree(TENANT_KEY, receipt);
        vm.prank(stranger);
        manager.countersign(terms, receipt, signature);
        vm.assertEq(_earned(), _net(400 * RATE), "provider");
        vm.assertEq(_lease(id).bucket, (START + MATURITY) / MATURITY, "the ring has moved on");
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        manager.countersign(terms, receipt, signature);
    }

    function test_Later_ByTheTenantItself_OrItsKey() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        _settle(terms, receipt);
        uint256 snapshot = vm.snapshotState();
        vm.prank(tenant);
        manager.countersign(terms, receipt, "");
        vm.assertEq(_earned(), _net(400 * RATE), "provider");
        vm.revertToState(snapshot);
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, true);
        vm.prank(sessionKey);
        manager.countersign(terms, receipt, "");
        vm.assertEq(_earned(), _net(400 * RATE), "provider");
    }

    function test_Later_RevertWhen_TheReceiptIsOlder() external {
        UsageReceipt memory older = _receipt(id, 3, 300);
        _settle(terms, older);
        _settle(terms, _receipt(id, 4, 400));
        bytes memory signature = _agree(TENANT_KEY, older);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, 3, 4));
        manager.countersign(terms, older, signature);
    }

    function test_Later_RevertWhen_NeverSettled() external {
        UsageReceipt memory receipt = _receipt(id, 0, 400);
        vm.startPrank(tenant);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, 0, 0));
        manager.countersign(terms, receipt, "");
        receipt = _receipt(id, 1, 400);
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        manager.countersign(terms, receipt, "");
        receipt.through = START - 1;
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.ThroughInvalid.selector, id, START - 1));
        manager.countersign(terms, receipt, "");
        receipt.leaseId = "?";
        _expectRevert(ILeaseManager.LeaseUnknown.selector, "?");
        manager.countersign(terms, receipt, "");
    }

    function test_Later_RevertWhen_NobodySigned() external {
        UsageReceipt memory receipt = _receipt(id, 1, 400);
        _settle(terms, receipt);
        bytes32 digest = manager.receiptHash(receipt);
        bytes memory why = abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest, tenant);
        address[3] memory others = [stranger, operator, provider];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(why);
            vm.prank(others[i]);
            manager.countersign(terms, receipt, "");
        }
        // A signature that is given must be one, whoever gives it.
        vm.expectRevert(why);
        vm.prank(tenant);
        manager.countersign(terms, receipt, "garbage");
    }

    /// @dev The operator signs two receipts of one number, shows the lower one to the tenant and settles the higher one.
    function test_Later_PaysWhatTheTenantSaw() external {
        UsageReceipt memory shown = _receipt(id, 1, 300);
        bytes memory signature = _agree(TENANT_KEY, shown);
        _settle(terms, _receipt(id, 1, 900));
        manager.countersign(terms, shown, signature);
        vm.assertEq(_earned(), _net(300 * RATE), "provider");
        vm.assertEq(_pending(id), 600 * RATE, "the rest waits, and can be disputed");
        _expectRevert(ILeaseManager.NothingPending.selector, id);
        manager.countersign(terms, shown, signature);
    }

    /// @dev The provider corrects itself; the tenant agrees to the correction and not to what was claimed before.
    function test_ACorrection_PaysWhatItSays() external {
        _settle(terms, _receipt(id, 1, 500));
        vm.warp(START + MATURITY);
        _settle(terms, _receipt(id, 2, 900));
        UsageReceipt memory correction = _receipt(id, 3, 600);
        vm.assertEq(_settleWith(correction, _agree(TENANT_KEY, correction)), 0, "nothing new");
        vm.assertEq(_earned(), _net(600 * RATE), "oldest first");
        Lease memory l = _lease(id);
        vm.assertEq(l.pendingOld, 0, "old");
        vm.assertEq(l.pendingNew, 300 * RATE, "new");
        correction = _receipt(id, 4, 300);
        _settleWith(correction, _agree(TENANT_KEY, correction));
        vm.assertEq(_earned(), _net(600 * RATE), "what is paid is paid");
        vm.assertEq(_pending(id), 300 * RATE, "no more");
    }

    function test_ACorrection_LeavesTheOldOld() external {
        _settle(terms, _receipt(id, 1, 500));
        vm.warp(START + MATURITY);
        _settle(terms, _receipt(id, 2, 600));
        UsageReceipt memory correction = _receipt(id, 3, 200);
        _settleWith(correction, _agree(TENANT_KEY, correction));
        Lease memory l = _lease(id);
        vm.assertEq(l.pendingOld, 300 * RATE, "old");
        vm.assertEq(l.pendingNew, 100 * RATE, "new");
    }

    function test_Later_OfAClosedLease_FreesTheSlice() external {
        _close(tenant, id, terms);
        UsageReceipt memory receipt = _final(id, 1, 1000);
        _settle(terms, receipt);
        _assertState(id, LeaseState.Closed);
        vm.assertEq(_sliced(), SLICE, "slice");
        manager.countersign(terms, receipt, _agree(TENANT_KEY, receipt));
        vm.assertEq(_sliced(), 0, "slice is free");
        vm.assertEq(_earned(), _net(1000 * RATE), "provider");
    }
}
