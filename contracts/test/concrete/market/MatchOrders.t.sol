// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Lease, LeaseState, Offer, Request, Terms} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";
import {Wallet} from "../../utils/Wallet.sol";

contract MatchOrdersTest is Fixture {
    function _refused(Offer memory o, Request memory r, bytes memory error_) private {
        bytes memory offerSignature = _sign(OPERATOR_KEY, manager.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, manager.requestHash(r));
        vm.expectRevert(error_);
        manager.matchOrders(o, offerSignature, r, requestSignature);
    }

    function test_RevertWhen_OfferIsForAnotherRequest() external {
        Offer memory o = _offer();
        o.requestHash = keccak256("another");
        bytes4 why = ILeaseManager.OfferForOtherRequest.selector;
        bytes32 hash = manager.requestHash(_request());
        _refused(o, _request(), abi.encodeWithSelector(why, keccak256("another"), hash));
    }

    function test_RevertWhen_Expired() external {
        bytes4 why = ILeaseManager.OrderExpired.selector;
        Offer memory o = _offer();
        o.expiresAt = START - 1;
        _refused(o, _request(), abi.encodeWithSelector(why, manager.offerHash(o), START - 1));
        Request memory r = _request();
        r.expiresAt = START - 1;
        _refused(_offer(), r, abi.encodeWithSelector(why, manager.requestHash(r), START - 1));
        (o.expiresAt, r.expiresAt) = (START, START);
        _match(o, r);
    }

    function test_RevertWhen_CounterIsStale() external {
        bytes4 why = ILeaseManager.CounterStale.selector;
        Offer memory o = _offer();
        o.counter = 1;
        _refused(o, _request(), abi.encodeWithSelector(why, provider, 0, 1));
        vm.expectEmit(address(manager));
        emit ILeaseManager.CounterRaised(provider, 1);
        vm.prank(provider);
        vm.assertEq(manager.raiseCounter(), 1, "raised");
        _refused(_offer(), _request(), abi.encodeWithSelector(why, provider, 1, 0));
        vm.prank(tenant);
        manager.raiseCounter();
        _refused(o, _request(), abi.encodeWithSelector(why, tenant, 1, 0));
    }

    function test_RevertWhen_Cancelled() external {
        bytes4 why = ILeaseManager.OrderWasCancelled.selector;
        bytes32 requested = manager.requestHash(_request());
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotMaker.selector, operator, tenant));
        vm.prank(operator);
        manager.cancelRequest(_request());
        vm.expectEmit(address(manager));
        emit ILeaseManager.OrderCancelled(requested, tenant);
        vm.prank(tenant);
        manager.cancelRequest(_request());
        vm.assertTrue(manager.cancelled(requested), "cancelled");
        _refused(_offer(), _request(), abi.encodeWithSelector(why, requested));

        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotMaker.selector, tenant, provider));
        vm.prank(tenant);
        manager.cancelOffer(_offer());
        vm.prank(operator);
        manager.cancelOffer(_offer());
        Request memory other = _request();
        other.salt = 1;
        _refused(_offer(), other, abi.encodeWithSelector(why, manager.offerHash(_offer())));
    }

    function test_RevertWhen_Filled() external {
        Request memory r = _request();
        r.fills = 1;
        _match(_offer(), r);
        bytes4 why = ILeaseManager.OrderFilled.selector;
        _refused(_offer(), r, abi.encodeWithSelector(why, manager.requestHash(r), 1));
        Offer memory o = _offer();
        o.volume = 0;
        _refused(o, _request(), abi.encodeWithSelector(why, manager.offerHash(o), 0));
    }

    function test_RevertWhen_SignatureIsInvalid() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        (bytes32 offered, bytes32 requested) = (manager.offerHash(o), manager.requestHash(r));
        bytes memory good = _sign(OPERATOR_KEY, offered);
        bytes4 why = ILeaseManager.SignatureInvalid.selector;

        // The provider's own key is no operator key: what the operator signs can be revoked, an identity cannot.
        bytes[4] memory bad = [_sign(PROVIDER_KEY, offered), _cut(good), _highS(OPERATOR_KEY, offered), bytes("")];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(why, offered, operator));
            manager.matchOrders(o, bad[i], r, _sign(TENANT_KEY, requested));
        }
        vm.expectRevert(abi.encodeWithSelector(why, requested, tenant));
        manager.matchOrders(o, good, r, _sign(TENANT_KEY, offered));
    }

    function test_RevertWhen_OperatorKeyWasReplaced() external {
        vm.prank(provider);
        registry.update(address(0x77), payout, 7, "https://dc.example", "eu-central");
        bytes32 offered = manager.offerHash(_offer());
        _refused(
            _offer(), _request(), abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, offered, address(0x77))
        );
    }

    function test_RevertWhen_SignedForAnotherChain() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        bytes memory offerSignature = _sign(OPERATOR_KEY, manager.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, manager.requestHash(r));
        vm.chainId(99);
        bytes32 offered = manager.offerHash(o);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, offered, operator));
        manager.matchOrders(o, offerSignature, r, requestSignature);
    }

    function test_Matches() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        (bytes32 offered, bytes32 requested) = (manager.offerHash(o), manager.requestHash(r));
        bytes32 expected = keccak256(abi.encode(requested, uint32(0)));
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseMatched(expected, tenant, provider, requested, offered, 0, DEPOSIT, _terms(o, r));
        (bytes32 id, Terms memory terms) = _match(o, r);

        vm.assertEq(id, expected, "id");
        Lease memory l = manager.lease(id);
        vm.assertEq(l.tenant, tenant, "tenant");
        vm.assertEq(l.provider, provider, "provider");
        vm.assertEq(l.escrow, DEPOSIT, "escrow");
        vm.assertEq(l.termsHash, keccak256(abi.encode(terms)), "terms");
        vm.assertTrue(l.state == LeaseState.Reserved, "state");
        vm.assertEq(vault.lockedOf(address(manager), address(token)), DEPOSIT, "locked");
        vm.assertEq(vault.balanceOf(address(token), tenant), 4 * DEPOSIT, "balance");

        (bytes32 second,) = _match(o, r);
        vm.assertEq(second, keccak256(abi.encode(requested, uint32(1))), "second id");
        vm.assertEq(manager.filled(requested), 2, "request");
        vm.assertEq(manager.filled(offered), 2, "offer");
    }

    function test_OneFill_IsCountedByItsLease() external {
        Request memory r = _request();
        r.fills = 1;
        bytes32 requested = manager.requestHash(r);
        vm.assertEq(manager.filled(requested), 0, "before");
        _match(_offer(), r);
        vm.assertEq(manager.filled(requested), 1, "after");
        vm.assertEq(manager.filled(manager.offerHash(_offer())), 1, "open Offer");
    }

    function test_Quote_IsCountedWhereItCouldRunOut() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        (o.requestHash, o.volume) = (manager.requestHash(r), 2);
        bytes32 offered = manager.offerHash(o);
        _match(o, r);
        _match(o, r);
        vm.assertEq(manager.filled(offered), 2, "less than the Request wants");
        _refused(o, r, abi.encodeWithSelector(ILeaseManager.OrderFilled.selector, offered, 2));

        (o.volume, r.salt) = (3, 1);
        o.requestHash = manager.requestHash(r);
        for (uint256 i = 0; i < 3; ++i) _match(o, r);
        vm.assertEq(manager.filled(manager.offerHash(o)), 0, "the Request is counted");
        _refused(o, r, abi.encodeWithSelector(ILeaseManager.OrderFilled.selector, o.requestHash, 3));

        (r.fills, r.salt) = (1, 2);
        o.requestHash = manager.requestHash(r);
        vm.prank(operator);
        manager.cancelOffer(o);
        _refused(o, r, abi.encodeWithSelector(ILeaseManager.OrderWasCancelled.selector, manager.offerHash(o)));
        o.salt = 1;
        vm.prank(tenant);
        manager.cancelRequest(r);
        _refused(o, r, abi.encodeWithSelector(ILeaseManager.OrderWasCancelled.selector, o.requestHash));
    }

    function test_MakerThatSends_NeedsNoSignature() external {
        (Offer memory o, Request memory r) = (_offer(), _request());
        bytes memory offerSignature = _sign(OPERATOR_KEY, manager.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, manager.requestHash(r));
        vm.prank(tenant);
        manager.matchOrders(o, offerSignature, r, "");
        vm.prank(operator);
        manager.matchOrders(o, "", r, requestSignature);
        vm.prank(provider);
        manager.matchOrders(o, "", r, requestSignature);
    }

    function test_ContractSigns_OrSends() external {
        Wallet wallet = new Wallet(tenant);
        _fund(address(wallet), 3 * DEPOSIT);
        (Offer memory o, Request memory r) = (_offer(), _request());
        r.tenant = address(wallet);
        bytes memory offerSignature = _sign(OPERATOR_KEY, manager.offerHash(o));
        bytes32 requested = manager.requestHash(r);
        manager.matchOrders(o, offerSignature, r, _sign(TENANT_KEY, requested));
        wallet.call(address(manager), abi.encodeCall(ILeaseManager.matchOrders, (o, offerSignature, r, "")));
        vm.assertEq(manager.filled(requested), 2, "filled");

        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, requested, address(wallet)));
        manager.matchOrders(o, offerSignature, r, _sign(OPERATOR_KEY, requested));
    }

    function _cut(bytes memory signature) private pure returns (bytes memory cut) {
        cut = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) cut[i] = signature[i];
    }

    /// @dev The other signature that the bare curve would accept for the same digest.
    function _highS(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }
}
